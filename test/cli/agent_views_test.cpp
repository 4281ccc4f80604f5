#include "cli/agent_views.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "test/cli/agent_rows.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

AgentRow busy_row() {
  AgentRow row = user_row("c1", "alice");
  row.last_active_at = test_time() - 3min;
  row.status.phase = Phase::waiting;
  row.status.container_id = "0123456789abcdef0123456789abcdef";
  row.status.restart_count = 2;
  row.status.last_error = "ran out of memory";
  set_condition(row.status, "Ready", ConditionStatus::no, "WaitingForMemory",
                "needs 1536 MB, 200 MB are free", test_time() - 10s);
  return row;
}

TEST(UsersTable, SaysInOneLineWhyAnAgentIsAsItIs) {
  std::ostringstream out;
  print_table(out, users_table({busy_row()}, test_time()));
  EXPECT_EQ(out.str(),
            "USER   PHASE    DESIRED  RESTARTS  LAST ACTIVE  ID  REASON\n"
            "alice  waiting  auto     2         3 min ago    c1  needs 1536 MB, 200 MB are free\n");
}

TEST(SystemsTable, ShowsRoleAndWhetherItIsActive) {
  AgentRow row = system_row("s1", "research");
  row.active = false;
  std::ostringstream out;
  print_table(out, systems_table({row}, test_time()));
  EXPECT_EQ(out.str(),
            "NAME      ROLE      PHASE    DESIRED   RESTARTS  READY  ID  REASON\n"
            "research  research  stopped  inactive  0         -      s1  -\n");
}

TEST(EventsTable, ShowsAgesAndCounts) {
  Event event;
  event.at = test_time() - 90s;
  event.key = ResourceKey{ResourceKind::user_container, "c1"};
  event.severity = EventSeverity::warning;
  event.reason = "OutOfMemory";
  event.message = "ended";
  event.count = 3;
  std::ostringstream out;
  print_table(out, events_table({event}, test_time()));
  EXPECT_EQ(out.str(),
            "LAST SEEN   AGENT    SEVERITY  REASON       TIMES  MESSAGE\n"
            "90.0 s ago  user/c1  warning   OutOfMemory  3      ended\n");
}

LeaseView led() {
  LeaseView lease;
  lease.term = 7;
  lease.holder = "east:17:1:boot:4";
  lease.since = test_time() - 3min;
  lease.expires_at = test_time() + 12s;
  lease.standbys = {"north:9:1:boot:4", "west:17:1:boot:4"};
  return lease;
}

TEST(LeaderTable, ShowsWhoLeadsSinceWhenAndWhoStandsBy) {
  std::ostringstream out;
  print_table(out, leader_table(led(), test_time()));
  EXPECT_EQ(out.str(),
            "CONTROLLER        ROLE     TERM  SINCE      LEASE EXPIRES\n"
            "east:17:1:boot:4  leader   7     3 min ago  in 12.0 s\n"
            "north:9:1:boot:4  standby  -     -          -\n"
            "west:17:1:boot:4  standby  -     -          -\n");
}

TEST(LeaderTable, SaysSoWhenNobodyLeads) {
  LeaseView lease;
  lease.term = 7;
  std::ostringstream out;
  print_table(out, leader_table(lease, test_time()));
  EXPECT_EQ(out.str(),
            "CONTROLLER  ROLE  TERM  SINCE  LEASE EXPIRES\n"
            "nobody      -     7     -      -\n");
}

TEST(LeaderDocument, SaysTheSameToPrograms) {
  const Json document = leader_document(led());
  EXPECT_EQ(document.at("term"), 7);
  EXPECT_EQ(document.at("holder"), "east:17:1:boot:4");
  EXPECT_EQ(document.at("since"), to_iso8601(test_time() - 3min));
  EXPECT_EQ(document.at("standbys").size(), 2u);
  EXPECT_TRUE(leader_document(LeaseView{}).at("holder").is_null());
}

TEST(AgentDocument, HasSpecAndStatusAndNoToken) {
  const Json document = agent_document(busy_row());
  EXPECT_EQ(document.at("kind"), "user");
  EXPECT_EQ(document.at("userId"), "alice");
  EXPECT_EQ(document.at("spec").at("desiredState"), "auto");
  EXPECT_EQ(document.at("status").at("phase"), "waiting");
  EXPECT_EQ(document.at("status").at("conditions").at(0).at("reason"), "WaitingForMemory");
  EXPECT_EQ(document.dump().find("SENTINEL"), std::string::npos);
}

TEST(Describe, ShowsSpecStatusConditionsAndEvents) {
  Event event;
  event.at = test_time() - 1s;
  event.key = ResourceKey{ResourceKind::user_container, "c1"};
  event.reason = "Started";
  event.message = "the process was started";
  std::ostringstream out;
  describe_agent(out, busy_row(), {event}, test_time());
  const std::string text = out.str();
  for (const char* part : {"User agent:", "alice", "Phase:", "waiting", "0123456789ab\n",
                           "Ready = False, WaitingForMemory (10.0 s ago)", "Last error:",
                           "ran out of memory", "Started", "the process was started"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
  }
  EXPECT_EQ(text.find("SENTINEL"), std::string::npos);
}

TEST(Age, LooksBothWays) {
  EXPECT_EQ(age(test_time() - 10s, test_time()), "10.0 s ago");
  EXPECT_EQ(age(test_time() + 10s, test_time()), "in 10.0 s");
  EXPECT_EQ(age(std::nullopt, test_time()), "");
}

}  // namespace
}  // namespace mosaic::cli
