#include "controller/informer.hpp"

#include <gtest/gtest.h>

#include <set>

#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_store.hpp"

namespace mosaic {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FixedLeadership final : public Leadership {
 public:
  std::optional<Term> term() const override { return present; }
  std::optional<Term> present = 1;
};

class EverythingIsInteresting final : public InformerPolicy {
 public:
  void refresh() override { ++refreshes; }
  Interest interest(const AgentRow&, const ContainerView*) override {
    return Interest{interested, std::nullopt};
  }
  void on_listed(const std::vector<ListedContainer>& containers) override {
    listed = containers.size();
  }
  std::vector<ResourceKey> waiting_for_image(const std::string&) override { return waiting; }
  int refreshes = 0;
  std::size_t listed = 0;
  bool interested = true;
  std::vector<ResourceKey> waiting;
};

class SilentObserver final : public InformerObserver {
 public:
  void on_relisted(std::chrono::nanoseconds, std::size_t, std::size_t, std::size_t) override {
    ++relists;
  }
  void on_relist_failed(const std::string& error) override { last_error = error; }
  void on_engine_reachable(bool) override {}
  int relists = 0;
  std::string last_error;
};

class InformerTest : public testing::Test {
 protected:
  InformerTest() {
    for (const auto* name : {"a", "b"}) {
      AgentRow row;
      row.key = ResourceKey(ResourceKind::user_container, name);
      row.owner = name;
      row.container_name = std::string("mosaic-user-") + name;
      store.put_agent(row);
    }
  }
  // What every listing asks for is told by asked_for_leftovers().
  std::set<std::string> queued() {
    std::set<std::string> names;
    while (const auto item = queue.try_pop()) {
      names.insert(to_string(item->key));
      queue.done(item->key);
    }
    asked_for_leftovers = names.erase("orphan/leftovers") > 0;
    return names;
  }
  bool asked_for_leftovers = false;
  FakeClock clock;
  FakeStore store{clock};
  FakeEngine engine{clock, store.instance_id()};
  FixedLeadership leadership;
  WorkQueue queue{clock, WorkQueueSettings{}};
  EverythingIsInteresting policy;
  SilentObserver observer;
  InformerSettings settings;
  Informer informer{clock, store, engine, leadership, queue, policy, observer, settings};
};

TEST_F(InformerTest, TheFirstLookNamesEveryInterestingRow) {
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"user/a", "user/b"}));
  EXPECT_EQ(policy.refreshes, 1);
}

TEST_F(InformerTest, RowsWithoutInterestCostNothing) {
  policy.interested = false;
  informer.run_pending();
  EXPECT_TRUE(queued().empty());
}

TEST_F(InformerTest, EveryListingAsksForWhatKilledControllersLeft) {
  for (int listing = 0; listing < 3; ++listing) {
    informer.run_pending();
    queued();
    EXPECT_TRUE(asked_for_leftovers) << listing;
    informer.run_pending();
    queued();
    EXPECT_FALSE(asked_for_leftovers) << listing;
    clock.advance(settings.relist_every);
  }
}

TEST_F(InformerTest, AStandbyLooksAtNothing) {
  leadership.present.reset();
  informer.run_pending();
  EXPECT_TRUE(queued().empty());
  EXPECT_FALSE(asked_for_leftovers);
  EXPECT_TRUE(engine.calls().empty());
}

TEST_F(InformerTest, AContainerWithoutARowGoesToTheCleanup) {
  engine.add_container("left-behind", store.instance_id(),
                       ResourceKey(ResourceKind::user_container, "gone"));
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"user/a", "user/b", "orphan/user/gone"}));
}

TEST_F(InformerTest, TwoContainersOfOneRowGoToTheCleanup) {
  policy.interested = false;
  engine.add_container("one", store.instance_id(), ResourceKey(ResourceKind::user_container, "a"));
  engine.add_container("two", store.instance_id(), ResourceKey(ResourceKind::user_container, "a"));
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"orphan/user/a"}));
}

TEST_F(InformerTest, NothingIsConcludedFromAnEngineThatDoesNotAnswer) {
  engine.set_down(true);
  informer.run_pending();
  EXPECT_TRUE(queued().empty());
  EXPECT_FALSE(observer.last_error.empty());
  engine.set_down(false);
  informer.run_pending();
  EXPECT_EQ(queued().size(), 2U);
}

TEST_F(InformerTest, NothingIsConcludedFromADatabaseThatDoesNotAnswer) {
  engine.add_container("mosaic-user-a", store.instance_id(),
                       ResourceKey(ResourceKind::user_container, "a"));
  store.fail_next();
  informer.run_pending();
  EXPECT_TRUE(queued().empty());
}

TEST_F(InformerTest, TheMinutelyRelistNamesWhatChangedOnTheEngineAndReadsNoRows) {
  policy.interested = false;
  const ResourceKey a(ResourceKind::user_container, "a");
  engine.add_container("mosaic-user-a", store.instance_id(), a);
  informer.run_pending();
  queued();
  engine.drop_events(true);
  engine.human_kills(a);
  clock.advance(minutes(1));
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"user/a"}));
  engine.human_removes(a);
  clock.advance(minutes(1));
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"user/a"}));
  EXPECT_EQ(policy.refreshes, 1) << "the rows were read once";
}

TEST_F(InformerTest, EveryTenMinutesOrSoAllRowsAreComparedAgain) {
  informer.run_pending();
  clock.advance(minutes(12));
  informer.run_pending();
  EXPECT_EQ(policy.refreshes, 2);
}

TEST_F(InformerTest, LostHintsAndChangedSettingsLeadToAFullLook) {
  informer.run_pending();
  queued();
  informer.on_relist_needed();
  informer.run_pending();
  EXPECT_EQ(queued().size(), 2U);
  informer.on_settings_changed();
  informer.run_pending();
  EXPECT_EQ(policy.refreshes, 3);
}

TEST_F(InformerTest, HintsBecomeKeysOfTheirPriority) {
  policy.interested = false;
  informer.on_agent_changed(ResourceKey(ResourceKind::user_container, "crashed"));
  informer.on_row_changed(ResourceKey(ResourceKind::user_container, "edited"),
                          ChangeUrgency::spec_change);
  informer.on_row_changed(ResourceKey(ResourceKind::user_container, "woken"),
                          ChangeUrgency::waiting_user);
  EXPECT_EQ(queue.try_pop()->key.name, "woken");
  EXPECT_EQ(queue.try_pop()->key.name, "edited");
  EXPECT_EQ(queue.try_pop()->key.name, "crashed");
}

TEST_F(InformerTest, AnImageThatArrivesWakesThoseWhoWaitForIt) {
  policy.interested = false;
  informer.run_pending();
  policy.waiting = {ResourceKey(ResourceKind::user_container, "a")};
  informer.on_image_changed("image");
  informer.run_pending();
  EXPECT_EQ(queued(), (std::set<std::string>{"user/a"}));
}

}  // namespace
}  // namespace mosaic
