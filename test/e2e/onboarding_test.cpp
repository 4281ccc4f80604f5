// A new installation as its first person meets it: an empty database, the one-time token, curl, and in the end the
// streamed answer of a real OpenClaw agent.
#include <fstream>

#include "test/checkout.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr const char* host_address = "198.18.0.1";

std::string one_time_token(const std::string& output) {
  constexpr std::string_view before = "one-time token ";
  const auto found = output.find(before);
  if (found == std::string::npos) return {};
  return output.substr(found + before.size(), 64);
}

TEST(Onboarding, LeadsFromAnEmptyDatabaseToAStreamedAnswerByCurlAlone) {
  const std::string provider_address =
      std::string(host_address) + ":" + std::to_string(free_port());
  FleetOptions options;
  options.agent_image = required_environment("MOSAIC_TEST_AGENT_IMAGE");
  options.egress = {provider_address};
  Fleet fleet(options);
  fleet.set_setting("fleet.memoryMb", "1536");
  const auto keys = fleet.folder() / "keys.json";
  std::ofstream(keys) << R"({"admin": "key-of-admin"})";
  ChildProcess provider(Command{{"node", mosaic::test::source_folder() + "/demo/provider.mjs",
                                 "--listen", provider_address, "--keys", keys.string()},
                                {},
                                {}},
                        fleet.folder() / "provider.log");
  fleet.start_api();
  fleet.start_controller();
  ASSERT_TRUE(eventually(20s, [&] { return !one_time_token(fleet.api().log_text()).empty(); }))
      << fleet.story();

  const auto walked = run(Command{{mosaic::test::source_folder() + "/demo/onboarding.sh"},
                                  {{"MOSAIC_URL", fleet.api_url()},
                                   {"MOSAIC_SETUP_TOKEN", one_time_token(fleet.api().log_text())},
                                   {"PROVIDER_URL", "http://" + provider_address + "/v1"},
                                   {"PROVIDER_KEY", "key-of-admin"},
                                   {"PROVIDER_MODEL", "cogito"},
                                   {"ADMIN_PASSWORD", "correct horse battery staple"}},
                                  {}},
                          300s);
  EXPECT_EQ(walked.exit_code, 0) << walked.out << walked.err << fleet.story();
  EXPECT_NE(walked.out.find("I will remember \"heron\""), std::string::npos) << walked.out;
  EXPECT_NE(walked.out.find(": mosaic {"), std::string::npos)
      << "the stream says how far the agent's waking is: " << walked.out;
}

}  // namespace
}  // namespace mosaic::e2e
