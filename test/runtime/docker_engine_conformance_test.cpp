#include "runtime/docker/docker_insight.hpp"
#include "test/conformance/runtime/driver_conformance.hpp"
#include "test/conformance/runtime/insight_conformance.hpp"
#include "test/runtime/docker_engine_fixture.hpp"

namespace mosaic::conformance {
namespace {

class InsightLab : public DockerLab {
 public:
  ContainerInsight& insight() { return insight_; }
  void has_started(const std::string&) {}

 private:
  SystemClock clock_;
  DockerInsight insight_{settings(), clock_, nullptr};
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Docker, DriverConformance, DockerLab);
INSTANTIATE_TYPED_TEST_SUITE_P(Docker, InsightConformance, InsightLab);

}  // namespace mosaic::conformance
