#include "test/conformance/runtime/driver_conformance.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic::conformance {

INSTANTIATE_TYPED_TEST_SUITE_P(LinkedSwarm, DriverConformance, LinkedSwarmLab);

}  // namespace mosaic::conformance
