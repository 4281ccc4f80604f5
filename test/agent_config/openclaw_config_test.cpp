// OpenClaw itself judges what we render: its own validation of the whole table, and a chat through
// the real gateway that shows which key reached the provider. Needs the sandbox of ./dev test with
// the agent image.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "test/agent_config/config_cases.hpp"
#include "test/checkout.hpp"

namespace mosaic::test {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw std::runtime_error(std::string(name) + " is not set: run ./dev test");
  return value;
}

struct Output {
  int exit_code = -1;
  std::string text;
};

Output run(const std::string& command) {
  Output output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run a shell");
  char buffer[4096];
  while (const auto count = fread(buffer, 1, sizeof buffer, pipe))
    output.text.append(buffer, count);
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return output;
}

// A folder that a container's user may read.
class SharedFolder {
 public:
  SharedFolder() {
    auto pattern = (fs::temp_directory_path() / "mosaic-openclaw-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
    fs::permissions(path_, fs::perms(0755));
  }
  ~SharedFolder() { fs::remove_all(path_); }
  SharedFolder(const SharedFolder&) = delete;
  SharedFolder& operator=(const SharedFolder&) = delete;

  void write(const std::string& name, const std::string& content) {
    std::ofstream(path_ / name, std::ios::binary) << content;
    fs::permissions(path_ / name, fs::perms(0644));
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Without a network, and gone when the command has ended.
Output run_in_agent_image(const SharedFolder& folder, const std::string& settings,
                          const std::string& script) {
  return run("DOCKER_HOST=" + environment("MOSAIC_TEST_ENGINE") +
             " timeout -k 5 350 docker run --rm --init --network none" +
             " --user 1000:1000 --cap-drop ALL --read-only --tmpfs /tmp:mode=1777 --tmpfs "
             "/home/node:uid=1000,gid=1000,mode=700" +
             " --memory 1536m --env OPENCLAW_STATE_DIR=/home/node/.openclaw --env "
             "SENTINEL=replaced --volume " +
             folder.path().string() + ":/cases:ro " + settings + " --entrypoint sh " +
             environment("MOSAIC_TEST_AGENT_IMAGE") + " -c '" + script + "'");
}

TEST(OpenClawConfig, EveryRenderedConfigurationIsAccepted) {
  SharedFolder folder;
  const auto cases = accepted_cases();
  for (const auto& row : cases) {
    const auto config = render_agent_config(row.source, row.keys, row.settings);
    ASSERT_FALSE(config.problem) << *config.problem;
    folder.write(row.name + ".json", config.openclaw_json);
  }
  const auto output = run_in_agent_image(folder, "", R"sh(
    for file in /cases/*.json; do
      export OPENCLAW_CONFIG_PATH=$file
      if openclaw config validate >/tmp/out 2>&1; then echo "accepted $file"
      else echo "REFUSED $file: $(tail -n 5 /tmp/out)"; fi
    done)sh");
  EXPECT_EQ(output.exit_code, 0);
  for (const auto& row : cases)
    EXPECT_THAT(output.text, testing::HasSubstr("accepted /cases/" + row.name + ".json"));
  EXPECT_THAT(output.text, testing::Not(testing::HasSubstr("REFUSED")));
}

// The check above must be able to fail.
TEST(OpenClawConfig, AnUnknownKeyIsRefused) {
  SharedFolder folder;
  const auto row = accepted_cases().front();
  auto text = render_agent_config(row.source, row.keys, row.settings).openclaw_json;
  text.replace(text.find("\"tools\""), 7, "\"toolz\"");
  folder.write("wrong.json", text);
  const auto output = run_in_agent_image(
      folder, "", "OPENCLAW_CONFIG_PATH=/cases/wrong.json openclaw config validate");
  EXPECT_NE(output.exit_code, 0) << output.text;
}

TEST(OpenClawConfig, KeysReachTheProviderAsTheyAre) {
  SharedFolder folder;
  const std::string key = "key-${SENTINEL}-$${SENTINEL}-\"quoted\"-\\-$SENTINEL-${lower}-$";
  ConfigCase row{"literal", user_source(), {}, {}};
  auto local = provider("anything", "custom", R"([{"id":"model-${SENTINEL}"}])");
  local.base_url = "http://127.0.0.1:19436/v1";
  row.source.providers = {local};
  row.keys = {{local.id, key}};
  row.settings.workspace = "/home/node/workspace";
  const auto config = render_agent_config(row.source, row.keys, row.settings);
  ASSERT_FALSE(config.problem);
  folder.write("openclaw.json", config.openclaw_json);
  fs::copy_file(fs::path(mosaic::test::source_folder()) / "test/agent_config/literal_chat.mjs",
                folder.path() / "literal_chat.mjs");
  fs::permissions(folder.path() / "literal_chat.mjs", fs::perms(0644));
  const auto output =
      run_in_agent_image(folder,
                         "--env OPENCLAW_CONFIG_PATH=/cases/openclaw.json --env "
                         "OPENCLAW_GATEWAY_TOKEN=0123456789abcdef0123456789abcdef",
                         "mkdir -p /home/node/workspace; openclaw gateway run --bind lan --auth "
                         "token >/tmp/gateway.log 2>&1 & "
                         "node /cases/literal_chat.mjs || tail -n 20 /tmp/gateway.log");
  EXPECT_THAT(output.text, testing::HasSubstr("authorization: Bearer " + key + "\n"));
  EXPECT_THAT(output.text, testing::HasSubstr("model: model-${SENTINEL}\n"));
  EXPECT_THAT(output.text, testing::HasSubstr("answer: 200 hello\n"));
}

}  // namespace
}  // namespace mosaic::test
