// SPDX-License-Identifier: Apache-2.0
#include "data/data_options.h"

namespace selfnorm {

Options options(DataOptions& data) {
  return {
      {"source", &data.source, "a known data set, a file, or a folder of IDX files"},
      {"target", &data.target, "column to predict by name or index, or a file of targets"},
      {"task",
       &data.task,
       "kind of the target",
       range::kAny,
       {"auto", "classification", "regression"}},
      {"standardize", &data.standardize,
       "standardize the inputs with the mean and variance of the training rows"},
      {"scaling",
       &data.scaling,
       "transform of the numbers of a table before standardization: quantile (normal quantiles of "
       "their ranks), robust (median and interquartile range, then a smooth clip), standard "
       "(none), or auto (quantile for classes and at least 1,000 rows, else standard)",
       range::kAny,
       {"auto", "standard", "robust", "quantile"}},
      {"validation", &data.validation,
       "source of validation rows, of the same kind as the training data"},
      {"test", &data.test, "source of test rows, of the same kind as the training data"},
      {"validation_split", &data.validation_split,
       "fraction of the training rows used for validation; auto: 0.1 of at least 500 rows, 0.2 "
       "of at least 100; with a test set 0.1 of at least 2,000; else 0",
       range::kRate},
      {"test_split", &data.test_split, "fraction of the rows used as the test set", range::kRate},
      {"shuffle_split", &data.shuffle_split,
       "draw held-out rows at random; false takes the last rows"},
      {"stratify_split", &data.stratify_split,
       "draw the same share of each class for held-out rows"},
      {"group", &data.group,
       "table column; rows with the same cell are all held out or none of them"},
      {"time", &data.time,
       "table column; the rows with the latest times are held out; with `train`, a duration such "
       "as 60s or 10m is the time that the training should take instead"},
      {"data_dir", &data.data_dir, "folder to search first for known data sets"},
      {"limit", &data.limit, "maximum number of rows of each set; 0 for all", range::kNonNegative},
      {"delimiter",
       &data.delimiter,
       "column separator of a table",
       range::kAny,
       {"auto", "comma", "semicolon", "tab", "pipe", "space"}},
      {"quotes",
       &data.quotes,
       "whether cells of a table may be in double quotes",
       range::kAny,
       {"auto", "yes", "no"}},
      {"missing", &data.missing,
       "cells of a table that are missing, in addition to empty ones and to NA, N/A, NaN, null, "
       "None, ?, - and ."},
      {"not_missing", &data.not_missing,
       "words that are missing by default, as NA, but not in this table"},
      {"categorical", &data.categorical, "table columns that are categories"},
      {"numeric", &data.numeric,
       "table columns that are numbers, with the format if it is ambiguous: \"x=decimal comma\" or "
       "\"x=thousands\""},
      {"ordinal", &data.ordinal,
       "table columns of ordered words, from low to high: \"size=small<medium<large\""},
      {"date", &data.date,
       "table columns of times, with the format if it is ambiguous: \"when=day/month/year\""},
      {"embed", &data.embed,
       "table columns of categories that an embedding reads; the default network also embeds "
       "columns of more than 32 categories and at least ten rows per category"},
      {"id", &data.id, "table columns to leave out and to repeat next to predictions"},
      {"columns", &data.columns, "the only table columns to use; empty: all"},
      {"drop", &data.drop, "table columns to leave out"},
      {"keep", &data.keep, "table columns to use that would be left out"},
      {"header",
       &data.header,
       "whether a table's first row names its columns",
       range::kAny,
       {"auto", "yes", "no"}},
      {"text", &data.text, "text columns, which are converted to token ids"},
      {"max_words", &data.max_words, "maximum number of tokens per text; 0 for all", {0, 1e6}},
      {"min_count", &data.min_count, "minimum count of a token; rarer tokens are unknown",
       range::kAtLeastOne},
      {"labels", &data.labels, "allowed labels of texts; any other label is an error"},
      {"skip_bad", &data.skip_bad, "skip unreadable rows of texts and report their number"}};
}

}  // namespace selfnorm
