// Two real containers on one state volume, with the real boot script: only ever one of them writes.
#include <gtest/gtest.h>

#include "model/boot_exit.hpp"
#include "runtime/boot/boot_script.hpp"
#include "runtime/docker/docker_insight.hpp"
#include "test/runtime/docker_engine_fixture.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

// Before the boot script: an API of the container's own, and a stand-in for the gateway that writes its agent's id into
// the state for as long as it lives. Each has a folder of its own, since they share the workspace, too.
constexpr auto surroundings = R"(
mkdir -p /tmp/www/api/internal/agent-config/user "/home/node/workspace/$AGENT_ID"
echo '{}' >/tmp/openclaw.json
tar -cf "/tmp/www/api/internal/agent-config/user/$AGENT_ID" -C /tmp openclaw.json
httpd -p 127.0.0.1:8080 -h /tmp/www
cat >"/home/node/workspace/$AGENT_ID/openclaw" <<'END'
#!/bin/sh
while :; do
  echo "$AGENT_ID" >>/home/node/.openclaw/diary
  sleep 0.05
done
END
chmod 755 "/home/node/workspace/$AGENT_ID/openclaw"
export PATH="/home/node/workspace/$AGENT_ID:$PATH"
)";

class OneState : public testing::Test {
 protected:
  static void with_boot_script(DockerSettings& settings) {
    settings.command_override = {"/bin/sh", "-c", surroundings + std::string(agent_boot_script()),
                                 "agent-boot"};
    settings.extra_environment = {{"MOSAIC_API_URL", "http://127.0.0.1:8080"},
                                  {"AGENT_ID", "first"}};
  }

  // As the controller makes it.
  std::string start_first() {
    const std::string container = lab_.create(lab_.agent("alice"));
    lab_.driver().start(container);
    return container;
  }

  // As whoever works beside the controller would: the same in all but its name, how long it waits and what it writes.
  std::string start_second_beside(const std::string& first, const std::string& limit_s) {
    const json model = lab_.get("/containers/" + first + "/json");
    json body = model["Config"];
    body["HostConfig"] = model["HostConfig"];
    body["Env"].push_back("AGENT_ID=second");
    body["Env"].push_back("MOSAIC_STATE_LIMIT_S=" + limit_s);
    const std::string container = lab_.post("/containers/create", body)["Id"];
    lab_.driver().start(container);
    return container;
  }

  json state_of(const std::string& container) {
    return lab_.get("/containers/" + container + "/json")["State"];
  }

  std::string log(const std::string& container) {
    const LogTail tail = insight_.log_tail(container, {}).value();
    std::string text;
    for (const LogLine& line : tail.lines) text += line.text + "\n";
    return text;
  }

  bool says(const std::string& container, const std::string& words) {
    return lab_.eventually([&] { return log(container).find(words) != std::string::npos; });
  }

  std::string diary(const std::string& reader) {
    return lab_.run_inside(reader, {"cat", "/home/node/.openclaw/diary"});
  }

  bool writes(const std::string& reader, const std::string& id) {
    const std::size_t before = diary(reader).size();
    return lab_.eventually(
        [&] { return diary(reader).substr(before).find(id) != std::string::npos; });
  }

  // As the lock names it.
  static std::string name_of(const std::string& container) {
    return "container " + container.substr(0, 12);
  }

  SystemClock clock_;
  DockerLab lab_{with_boot_script};
  DockerInsight insight_{lab_.settings(), clock_, nullptr};
};

TEST_F(OneState, ASecondContainerWritesNothingUntilTheFirstIsKilledAndThenTakesOver) {
  const std::string first = start_first();
  ASSERT_TRUE(lab_.eventually([&] { return diary(first).find("first") != std::string::npos; }))
      << log(first);
  const std::string second = start_second_beside(first, "600");
  ASSERT_TRUE(says(second, name_of(first))) << log(second);
  EXPECT_TRUE(writes(second, "first")) << "the first goes on";
  EXPECT_EQ(diary(second).find("second"), std::string::npos);
  lab_.human_kills(first);
  ASSERT_TRUE(writes(second, "second")) << log(second);
  const std::string whole = diary(second);
  EXPECT_EQ(whole.find("first", whole.find("second")), std::string::npos) << whole;
  EXPECT_NE(
      lab_.run_inside(second, {"cat", "/home/node/.openclaw/.mosaic-lock"}).find(name_of(second)),
      std::string::npos);
}

TEST_F(OneState, AHolderKeepsItWhileItIsFrozenAndTheNextGivesUpWithACodeOfItsOwn) {
  const std::string first = start_first();
  ASSERT_TRUE(lab_.eventually([&] { return diary(first).find("first") != std::string::npos; }))
      << log(first);
  lab_.driver().pause(first);
  const std::string second = start_second_beside(first, "1");
  ASSERT_TRUE(lab_.eventually([&] { return state_of(second)["Status"] == "exited"; }));
  EXPECT_EQ(state_of(second)["ExitCode"], boot_exit::held_by_another);
  EXPECT_NE(log(second).find(name_of(first)), std::string::npos) << log(second);
  EXPECT_NE(log(second).find("gave up after 1 s"), std::string::npos) << log(second);
  lab_.driver().unpause(first);
  EXPECT_TRUE(writes(first, "first"));
  EXPECT_EQ(diary(first).find("second"), std::string::npos);
}

}  // namespace
}  // namespace mosaic
