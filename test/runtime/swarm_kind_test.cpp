// An engine that manages a swarm is driven as one kind only, on a real one.
#include <gtest/gtest.h>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/docker_driver.hpp"
#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"
#include "test/runtime/swarm_fixture.hpp"

namespace mosaic {
namespace {

class EngineKinds : public testing::Test {
 protected:
  static std::string refusal(RuntimeDriver& driver) {
    try {
      driver.info();
      return {};
    } catch (const EngineError& error) {
      EXPECT_EQ(error.kind(), EngineErrorKind::refused);
      return error.what();
    }
  }

  SwarmLab swarm_;
  SystemClock clock_;
  NullIsolation isolation_{"not part of this test"};
  CgroupMemoryReclaimer reclaimer_{"unix:///nowhere"};
};

TEST_F(EngineKinds, AFleetOfServicesIsNotDrivenAsAPlainEngine) {
  DockerDriver plain(swarm_.settings().engine, clock_, isolation_, reclaimer_);
  EXPECT_EQ(refusal(plain), "");
  swarm_.create(swarm_.agent("alice"));
  EXPECT_NE(refusal(plain).find("--engine-kind swarm"), std::string::npos);
  EXPECT_EQ(refusal(swarm_.driver()), "");
}

TEST_F(EngineKinds, AFleetOfPlainContainersIsNotDrivenAsASwarm) {
  EXPECT_EQ(refusal(swarm_.driver()), "");
  swarm_.make_plain_agent(swarm_.agent("alice"));
  EXPECT_NE(refusal(swarm_.driver()).find("--engine-kind docker"), std::string::npos);
}

}  // namespace
}  // namespace mosaic
