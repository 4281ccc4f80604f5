// What every ContainerInsight keeps to. Its harness is one of the driver's suite, and has besides:
//   ContainerInsight& insight();
//   void has_started(const std::string& container_id);   // where the image's greeting does not come by itself
// The image writes `greeting` in a line of its own whenever it starts.
#pragma once

#include "runtime/container_insight.hpp"
#include "test/conformance/runtime/driver_conformance.hpp"

namespace mosaic::conformance {

inline constexpr std::string_view greeting = "instant: ready on port 18789";

template <typename Harness>
class InsightConformance : public DriverConformance<Harness> {
 protected:
  ContainerInsight& insight() { return this->harness_.insight(); }
  std::string run(const AgentIdentity& identity) {
    const std::string id = this->create_and_start(identity);
    this->harness_.has_started(id);
    return id;
  }
  void run_again(const std::string& id) {
    this->driver().start(id);
    this->harness_.has_started(id);
  }
  std::vector<LogLine> lines_of(const std::string& id, const LogRange& range = {}) {
    const auto tail = insight().log_tail(id, range);
    return tail ? tail->lines : std::vector<LogLine>();
  }
  bool has_lines(const std::string& id, std::size_t count) {
    return this->harness_.eventually([&] { return lines_of(id).size() == count; });
  }
};

TYPED_TEST_SUITE_P(InsightConformance);

TYPED_TEST_P(InsightConformance, MeasuresContainersThatRunAndListsThemAlone) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->run(alice);
  this->create(this->harness_.agent("bob"));
  ASSERT_EQ(this->insight().hindrance(), "");
  const auto running = this->insight().running();
  ASSERT_EQ(running.size(), 1U);
  EXPECT_EQ(running.front().id, id);
  EXPECT_EQ(running.front().agent, alice.key);
  const auto first = this->insight().use(id, Look::twice);
  ASSERT_TRUE(first);
  EXPECT_GT(first->memory_bytes, 0);
  EXPECT_EQ(first->memory_limit_bytes, 128LL * 1024 * 1024);
  EXPECT_GE(first->processes, 1);
  ASSERT_TRUE(first->cpu_before);
  EXPECT_GT(first->cpu.at, first->cpu_before->at);
  EXPECT_GE(first->cpu.used, first->cpu_before->used);
  const auto second = this->insight().use(id, Look::once);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->cpu_before);
  EXPECT_GE(second->cpu.used, first->cpu.used);
}

TYPED_TEST_P(InsightConformance, HasNothingToSayOfAContainerThatDoesNotRunButItsLines) {
  const std::string gone(64, 'f');
  EXPECT_FALSE(this->insight().use(gone, Look::once));
  EXPECT_FALSE(this->insight().log_tail(gone, {}));
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create(alice);
  EXPECT_FALSE(this->insight().use(id, Look::once));
  ASSERT_TRUE(this->insight().log_tail(id, {}));
  EXPECT_TRUE(this->lines_of(id).empty());
  this->run_again(id);
  ASSERT_TRUE(this->has_lines(id, 1));
  this->driver().kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  EXPECT_FALSE(this->insight().use(id, Look::twice));
  EXPECT_TRUE(this->insight().running().empty());
  EXPECT_EQ(this->lines_of(id).front().text, greeting);
}

TYPED_TEST_P(InsightConformance, GivesOfALogWhatIsAskedForAndNoMore) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->run(alice);
  ASSERT_TRUE(this->has_lines(id, 1));
  this->driver().kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  this->run_again(id);
  ASSERT_TRUE(this->has_lines(id, 2));
  const auto all = this->lines_of(id);
  EXPECT_EQ(all[0].text, greeting);
  EXPECT_EQ(all[1].text, greeting);
  EXPECT_FALSE(all[1].error);
  EXPECT_LT(all[0].at, all[1].at);
  LogRange last;
  last.lines = 1;
  ASSERT_EQ(this->lines_of(id, last).size(), 1U);
  EXPECT_EQ(this->lines_of(id, last).front().at, all[1].at);
  LogRange later;
  later.after = all[0].at;
  ASSERT_EQ(this->lines_of(id, later).size(), 1U);
  EXPECT_EQ(this->lines_of(id, later).front().at, all[1].at);
  later.after = all[1].at;
  EXPECT_TRUE(this->lines_of(id, later).empty());
  LogRange small;
  small.bytes = all[1].at.size() + all[1].text.size();
  const auto cut = this->insight().log_tail(id, small);
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->cut);
  ASSERT_EQ(cut->lines.size(), 1U);
  EXPECT_EQ(cut->lines.front().at, all[1].at);
}

REGISTER_TYPED_TEST_SUITE_P(InsightConformance, MeasuresContainersThatRunAndListsThemAlone,
                            HasNothingToSayOfAContainerThatDoesNotRunButItsLines,
                            GivesOfALogWhatIsAskedForAndNoMore);

}  // namespace mosaic::conformance
