#include "selfnorm/model.h"

#include "api/run.h"
#include "api/use.h"
#include "data/check.h"
#include "selfnorm/error.h"
#include "train/trainer.h"

namespace selfnorm {

Model Model::load(const std::string& path) {
  return Model(std::make_shared<TrainedModel>(open_trained(path)));
}

void Model::save(const std::string& path) const { save_model(*trained_, path); }

const Network& Model::network() const { return trained_->network; }

std::map<std::string, double> Model::evaluate(Dataset data) const {
  check_dataset(data);
  require_targets(trained_->schema, data);
  adapt_dataset(trained_->schema, data);
  const Scores scores = score(*trained_, data, all_rows(data.rows));
  return {scores.begin(), scores.end()};
}

Tensor Model::predict(Dataset data) const {
  data.targets = {};  // they may be of classes that the model does not know
  check_dataset(data);
  adapt_dataset(trained_->schema, data);
  return predict_rows(*trained_, data, all_rows(data.rows));
}

Model train(const Network& network, const LoadedData& data, const TrainOptions& options,
            const DataOptions& division, const TrainCallbacks& callbacks) {
  check_dataset(data.train);
  if (data.validation.has_value()) check_dataset(*data.validation);
  RunConfig config{division, network, {}, options};
  const auto run = prepare_run(std::move(config), {data.train, std::nullopt, data.validation});
  Trainer(run->model, run->rows, run->config.train, callbacks).run();
  return Model(std::make_shared<TrainedModel>(std::move(run->model)));
}

Model train(const Network& network, const Dataset& data, const TrainOptions& options,
            const DataOptions& division, const TrainCallbacks& callbacks) {
  return train(network, LoadedData{data, std::nullopt}, options, division, callbacks);
}

}  // namespace selfnorm
