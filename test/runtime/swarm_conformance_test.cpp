#include "test/conformance/runtime/driver_conformance.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(Swarm, DriverConformance, SwarmLab);

}  // namespace mosaic::conformance
