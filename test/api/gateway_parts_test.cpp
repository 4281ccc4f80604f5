#include "api/gateway/gateway_parts.hpp"

#include <gtest/gtest.h>

#include <future>

#include "test/api/gateway_doubles.hpp"
#include "test/fakes/fake_settings_store.hpp"

namespace mosaic {
namespace {

class GatewayPartsTest : public testing::Test {
 protected:
  GatewayPartsTest() {
    AgentRow row;
    row.key = key;
    row.owner = "alice";
    row.gateway_token = box.encrypt("token");
    store.put_agent(row);
    give_provider(store, "alice");
    account.id = "alice";
  }
  void status(Phase phase) {
    AgentStatus status;
    status.phase = phase;
    if (phase == Phase::running) status.endpoint = "10.213.0.2:18789";
    ASSERT_TRUE(store.write_status(key, status, 0));
  }

  const ResourceKey key{ResourceKind::user_container, "agent-alice"};
  SystemClock clock;
  FakeStore store{clock};
  FakeAccountStore accounts{clock};
  FakeSettingsStore people{store, accounts};
  SecretBox box{"this-is-a-test-secret-key-with-32+chars"};
  Account account;
  GatewayParts parts{GatewayPartsNeeds{clock, store, people, accounts, box, {}}};
};

TEST_F(GatewayPartsTest, WakesOnItsOwnThreadsAndWritesWhatWasHeldWhenItStops) {
  status(Phase::stopped);
  parts.start();
  std::promise<AgentSeat> seated;
  WaitCallbacks callbacks;
  // Whoever hears that it is on its way makes it arrive.
  callbacks.on_progress = [&](const WakeProgress&) {
    status(Phase::running);
    parts.status_listener().on_status_moved(key);
  };
  callbacks.on_seat = [&](AgentSeat seat) { seated.set_value(std::move(seat)); };
  callbacks.on_refused = [&](const DeskRefusal& refusal) { ADD_FAILURE() << refusal.detail; };
  const auto outcome = parts.desk().wait(account, std::move(callbacks));
  ASSERT_TRUE(std::holds_alternative<AgentDesk::Ticket>(outcome));
  AgentSeat seat = seated.get_future().get();
  EXPECT_EQ(seat.address->token, "token");
  seat.hold.release();
  const TimePoint released = clock.now();
  parts.stop();
  EXPECT_GE(*store.find_agent(key)->last_active_at, released);
}

TEST_F(GatewayPartsTest, ClosingTurnsAwayWhoeverWaits) {
  status(Phase::stopped);
  parts.start();
  std::promise<int> refused;
  WaitCallbacks callbacks;
  callbacks.on_refused = [&](const DeskRefusal& refusal) { refused.set_value(refusal.status); };
  const auto outcome = parts.desk().wait(account, std::move(callbacks));
  parts.close();
  EXPECT_EQ(refused.get_future().get(), 503);
}

}  // namespace
}  // namespace mosaic
