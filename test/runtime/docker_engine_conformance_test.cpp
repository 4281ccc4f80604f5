#include "test/conformance/runtime/driver_conformance.hpp"
#include "test/runtime/docker_engine_fixture.hpp"

namespace mosaic::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(Docker, DriverConformance, DockerLab);

}  // namespace mosaic::conformance
