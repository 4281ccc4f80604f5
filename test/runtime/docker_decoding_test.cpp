// Against answers of a real engine (20.10, API 1.41) in docker_fixtures/.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/line_splitter.hpp"
#include "test/checkout.hpp"

namespace mosaic {
namespace {

const ResourceKey alice(ResourceKind::user_container, "c123");

std::string fixture(const std::string& name) {
  std::ifstream file(mosaic::test::source_folder() + "/test/runtime/docker_fixtures/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().empty()) throw std::runtime_error("no fixture " + name);
  return text.str();
}

TEST(Decoding, ReadsARunningContainer) {
  const InspectedContainer container = decode_container(fixture("container_running.json"), 18789);
  EXPECT_EQ(container.view.id.size(), 64U);
  EXPECT_EQ(container.view.name, "alice-agent");
  EXPECT_EQ(container.view.state, ContainerState::running);
  EXPECT_EQ(container.view.key, alice);
  EXPECT_EQ(container.view.spec_hash, "abcdef");
  EXPECT_EQ(container.view.endpoint, "10.213.0.2:18789");
  EXPECT_EQ(container.view.memory_mb, 1536);
  EXPECT_TRUE(container.view.attached);
  EXPECT_TRUE(container.view.started_at);
  EXPECT_FALSE(container.view.finished_at);
  EXPECT_GT(container.pid, 0);
  EXPECT_EQ(container.labels.instance, "1a2b3c4d5e6f");
  EXPECT_EQ(container.labels.role, "agent");
  EXPECT_EQ(container.network_id.size(), 64U);
}

TEST(Decoding, ReadsAnExitedContainer) {
  const InspectedContainer container = decode_container(fixture("container_exited.json"), 18789);
  EXPECT_EQ(container.view.state, ContainerState::exited);
  EXPECT_EQ(container.view.exit_code, 137);
  EXPECT_FALSE(container.view.oom_killed);
  EXPECT_TRUE(container.view.endpoint.empty());
  EXPECT_TRUE(container.view.attached);
  ASSERT_TRUE(container.view.finished_at);
  EXPECT_GE(*container.view.finished_at, *container.view.started_at);
}

TEST(Decoding, ReadsAContainerThatWasNeverStarted) {
  const InspectedContainer container = decode_container(fixture("container_created.json"), 18789);
  EXPECT_EQ(container.view.state, ContainerState::created);
  EXPECT_FALSE(container.view.started_at);
  EXPECT_FALSE(container.view.finished_at);
}

TEST(Decoding, ListsOnlyAgents) {
  const std::vector<ListedContainer> listed =
      decode_container_list(fixture("container_list.json"), 18789);
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.front().container.key, alice);
  EXPECT_EQ(listed.front().container.name, "alice-agent");
  EXPECT_EQ(listed.front().container.state, ContainerState::running);
  EXPECT_EQ(listed.front().container.endpoint, "10.213.0.2:18789");
  EXPECT_EQ(listed.front().container.spec_hash, "abcdef");
  EXPECT_FALSE(listed.front().container.started_at);
}

TEST(Decoding, ReadsNetworksOfEverybody) {
  const std::vector<InspectedNetwork> networks = decode_network_list(fixture("network_list.json"));
  EXPECT_GE(networks.size(), 4U);
  bool found = false;
  for (const InspectedNetwork& network : networks) {
    if (network.name != "mosaic-1a2b3c4d-user-alice-net") continue;
    found = true;
    EXPECT_EQ(network.labels.key, alice);
    ASSERT_EQ(network.subnets.size(), 1U);
    EXPECT_EQ(to_string(network.subnets.front()), "10.213.0.0/29");
    EXPECT_EQ(network.gateway, "10.213.0.1");
  }
  EXPECT_TRUE(found);
}

TEST(Decoding, ReadsTheEventsOfAContainersLife) {
  LineSplitter lines(64 * 1024);
  lines.input() = fixture("events.jsonl");
  std::vector<std::string> actions;
  std::size_t network_events = 0;
  lines.drain([&](std::string_view line) {
    const auto event = decode_event(line);
    ASSERT_TRUE(event) << line;
    if (event->type == "container" && event->labels.key == alice) actions.push_back(event->action);
    if (event->type == "network") {
      ++network_events;
      EXPECT_TRUE(event->labels.instance.empty()) << "the engine does not label network events";
    }
  });
  EXPECT_EQ(actions, (std::vector<std::string>{"create", "start", "kill", "die"}));
  EXPECT_GT(network_events, 0U);
}

TEST(Decoding, ReadsWhatTheEngineSaysOfItself) {
  const EngineFacts facts = decode_info(fixture("info.json"));
  EXPECT_FALSE(facts.version.empty());
  EXPECT_GT(facts.memory_mb, 0);
  EXPECT_GT(facts.cpus, 0);
  EXPECT_EQ(facts.data_root.front(), '/');
}

TEST(Decoding, ConcludesNothingFromHalfAnAnswer) {
  const std::string list = fixture("container_list.json");
  EXPECT_THROW(decode_container_list(list.substr(0, list.size() / 2), 1), EngineError);
  EXPECT_THROW(decode_container_list("{}", 1), EngineError);
  EXPECT_THROW(decode_container_list("", 1), EngineError);
  EXPECT_THROW(decode_container("[]", 1), EngineError);
  EXPECT_THROW(decode_container("{}", 1), EngineError);
  EXPECT_THROW(decode_network_list("null"), EngineError);
}

TEST(Decoding, SurvivesFieldsOfUnexpectedTypes) {
  const auto container = decode_container(
      R"({"Id":"x","Name":7,"State":{"Status":["a"],"ExitCode":"1","StartedAt":5},"Config":null,"NetworkSettings":[]})",
      1);
  EXPECT_EQ(container.view.id, "x");
  EXPECT_TRUE(container.labels.instance.empty());
  EXPECT_FALSE(decode_event("not json"));
  EXPECT_FALSE(decode_event("{}"));
  EXPECT_FALSE(decode_event("[1,2]"));
}

TEST(Decoding, TakesNumbersThatCannotBeForNone) {
  for (const auto* number : {"1e300", "-1e300", "9.3e18", "18446744073709551615", "4294967296"}) {
    EXPECT_EQ(decode_wait_code(R"({"StatusCode":)" + std::string(number) + "}"), 0) << number;
  }
  EXPECT_EQ(decode_wait_code(R"({"StatusCode":137.0})"), 137);
  EXPECT_EQ(decode_info(R"({"MemTotal":1e300})").memory_mb, 0);
}

TEST(Decoding, NeverTakesALabelForAnOrphansKey) {
  const auto container = decode_container(
      R"({"Id":"x","Config":{"Labels":{"com.mosaic.instance":"i","com.mosaic.kind":"orphan","com.mosaic.id":"y"}}})",
      1);
  EXPECT_FALSE(container.labels.key);
}

TEST(EngineTime, ReadsNanosecondsAndOffsets) {
  EXPECT_EQ(to_iso8601(parse_engine_time("2026-01-31T12:34:56.789012345Z").value()),
            "2026-01-31T12:34:56.789Z");
  EXPECT_EQ(to_iso8601(parse_engine_time("2026-01-31T12:34:56Z").value()),
            "2026-01-31T12:34:56.000Z");
  EXPECT_EQ(to_iso8601(parse_engine_time("2026-01-31T12:34:56.5+02:00").value()),
            "2026-01-31T10:34:56.500Z");
  EXPECT_FALSE(parse_engine_time("0001-01-01T00:00:00Z"));
  EXPECT_FALSE(parse_engine_time(""));
  EXPECT_FALSE(parse_engine_time("yesterday"));
}

TEST(LineSplitter, DropsLinesBeyondTheBoundWhole) {
  LineSplitter lines(8);
  std::vector<std::string> seen;
  const auto take = [&](std::string_view line) { seen.emplace_back(line); };
  lines.input() += "short\r\n";
  EXPECT_EQ(lines.drain(take), 0U);
  lines.input() += "far too long";
  EXPECT_EQ(lines.drain(take), 0U);
  lines.input() += " and longer\nnext\n\n";
  EXPECT_EQ(lines.drain(take), 1U);
  EXPECT_EQ(seen, (std::vector<std::string>{"short", "next"}));
}

}  // namespace
}  // namespace mosaic
