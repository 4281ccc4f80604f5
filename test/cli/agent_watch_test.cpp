#include "cli/agent_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output.hpp"
#include "test/cli/agent_rows.hpp"

namespace mosaic::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> owners(const std::vector<AgentRow>& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.owner);
  return names;
}

TEST(AgentWatch, ShowsAllFirstAndThenOnlyWhatIsAnother) {
  AgentWatch watch;
  auto alice = user_row("1", "alice");
  auto bob = user_row("2", "bob");
  EXPECT_THAT(owners(watch.look({alice, bob}).changed), ElementsAre("alice", "bob"));
  EXPECT_THAT(watch.look({alice, bob}).changed, IsEmpty());
  bob.status.phase = Phase::running;
  EXPECT_THAT(owners(watch.look({alice, bob}).changed), ElementsAre("bob"));
}

TEST(AgentWatch, TakesSignsOfLifeForNoNews) {
  AgentWatch watch;
  auto alice = user_row("1", "alice");
  watch.look({alice});
  alice.last_active_at = test_time();
  alice.busy_until = test_time();
  EXPECT_THAT(watch.look({alice}).changed, IsEmpty());
}

TEST(AgentWatch, NamesWhatIsGoneOnce) {
  AgentWatch watch;
  watch.look({user_row("1", "alice")});
  EXPECT_THAT(watch.look({}).gone, ElementsAre("alice"));
  EXPECT_THAT(watch.look({}).gone, IsEmpty());
}

TEST(AgentWatch, TableThatGoesOnHasHeadersOnceAndKeepsItsColumns) {
  std::ostringstream out;
  std::vector<std::size_t> widths;
  print_more(out, {{"NAME", "PHASE"}, {{"a-long-name", "stopped"}}}, widths);
  print_more(out, {{"NAME", "PHASE"}, {{"b", "running"}}}, widths);
  EXPECT_EQ(out.str(), "NAME         PHASE\na-long-name  stopped\nb            running\n");
}

}  // namespace
}  // namespace mosaic::cli
