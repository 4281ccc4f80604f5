// The engine is killed and started again under a driver that is in use. In a program of its own: whoever shares the
// engine would notice. MOSAIC_TEST_ENGINE_CONTROL is a program that takes "kill" and "start".
#include <gtest/gtest.h>

#include <cstdlib>

#include "test/conformance/runtime/counting_listener.hpp"
#include "test/runtime/docker_engine_fixture.hpp"

namespace mosaic {
namespace {

void control(const std::string& word) {
  const char* program = std::getenv("MOSAIC_TEST_ENGINE_CONTROL");
  if (program == nullptr)
    throw std::runtime_error("MOSAIC_TEST_ENGINE_CONTROL is not set: run ./dev test");
  const std::string command = std::string(program) + " " + word;
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
}

TEST(DockerEngineRestart, IsSurvivedByCallsAndEvents) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  const std::string id = lab.create(alice);
  lab.driver().start(id);
  conformance::CountingListener listener;
  lab.driver().watch(listener);
  ASSERT_TRUE(lab.eventually([&] { return listener.missed() > 0; }));
  const int missed = listener.missed();
  control("kill");
  for (int i = 0; i < 8; ++i) {
    try {
      lab.driver().list_agents();
      FAIL() << "a dead engine answered";
    } catch (const EngineError& error) {
      EXPECT_EQ(error.kind(), EngineErrorKind::unavailable) << error.what();
    }
  }
  EXPECT_TRUE(lab.driver().vitals().breaker_open);
  control("start");
  ASSERT_TRUE(lab.eventually([&] { return listener.missed() > missed; }));
  const auto answers = [&] {
    try {
      return lab.driver().list_agents().size() == 1;
    } catch (const EngineError&) {
      return false;
    }
  };
  ASSERT_TRUE(lab.eventually(answers));
  const int before = listener.count(alice.key);
  // Containers outlive a killed engine or not, as it is set up; either way ours can be started.
  lab.driver().start(id);
  EXPECT_EQ(lab.driver().observe(alice, lab.image()).container.value().state,
            ContainerState::running);
  lab.driver().kill(id);
  EXPECT_TRUE(lab.eventually([&] { return listener.count(alice.key) > before; }));
}

}  // namespace
}  // namespace mosaic
