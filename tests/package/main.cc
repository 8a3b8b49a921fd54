#include <selfnorm/dataset.h>
#include <selfnorm/error.h>
#include <selfnorm/setting.h>
#include <selfnorm/tensor.h>
#include <selfnorm/version.h>

#include <cstdio>

int main() {
  const selfnorm::Shape shape = {32, 63};
  const selfnorm::Error error(selfnorm::ErrorKind::shape, "got " + selfnorm::to_string(shape));
  std::printf("selfnorm %s, %s, %lld elements\n", SELFNORM_VERSION, error.what(),
              static_cast<long long>(selfnorm::elements(shape)));
  return 0;
}
