#include "test/fakes/fake_store.hpp"

#include <gtest/gtest.h>

#include "test/conformance/store/store_conformance.hpp"

namespace mosaic::conformance {
namespace {

class FakeStoreHarness final : public StoreHarness {
 public:
  Store& store() override { return store_; }
  void insert_agent(const AgentRow& row) override { store_.put_agent(row); }
  void set_image(const ResourceKey& key, const std::string& image) override {
    store_.edit_agent(key, [&](AgentRow& row) { row.image = image; });
  }
  void delete_agent(const ResourceKey& key) override { store_.delete_agent(key); }
  void lose_agent(const ResourceKey& key) override { store_.lose_agent(key); }
  void put_provider(const ProviderRow& provider) override { store_.put_provider(provider); }
  void put_user_settings(const std::string& owner, const AgentSettings& settings) override {
    store_.put_user_config(owner, config(settings));
  }
  void put_system_settings(const std::string& id, const AgentSettings& settings) override {
    store_.put_system_config(id, config(settings));
  }
  void put_breakglass_user(const std::string& id, bool active) override {
    store_.put_breakglass_user(id, active);
  }
  void listen(RecordingListener& listener) override { store_.set_listener(&listener); }

 private:
  static FakeAgentConfig config(const AgentSettings& settings) {
    return {settings.primary_model, settings.fallback_models, settings.personality,
            settings.provider_id};
  }

  SystemClock clock_;
  FakeStore store_{clock_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(FakeStore, StoreConformance, FakeStoreHarness);

TEST(FakeStoreFaults, FailsAsOftenAsAskedAndDoesNothing) {
  SystemClock clock;
  FakeStore store(clock);
  store.put_agent(user_row(alice, "alice"));
  store.fail_next(2);
  EXPECT_THROW(store.write_status(alice, full_status(), 0), StoreError);
  EXPECT_THROW(store.find_agent(alice), StoreError);
  EXPECT_EQ(store.find_agent(alice)->status, AgentStatus{});
}

TEST(FakeStoreFaults, LosesAnAnswerAfterTheWrite) {
  SystemClock clock;
  FakeStore store(clock);
  store.put_agent(user_row(alice, "alice"));
  store.set_fault_hook([](std::string_view operation, StoreMoment moment) {
    if (operation == "write_status" && moment == StoreMoment::after)
      throw StoreError("connection lost");
  });
  EXPECT_THROW(store.write_status(alice, full_status(), 0), StoreError);
  EXPECT_EQ(store.find_agent(alice)->status, full_status());
}

TEST(FakeStoreFaults, AsksForARelistInAnotherLife) {
  SystemClock clock;
  FakeStore store(clock);
  const auto cursor = store.changes_since("").cursor;
  EXPECT_FALSE(store.changes_since(cursor).relist);
  store.begin_another_life();
  EXPECT_TRUE(store.changes_since(cursor).relist);
}

TEST(FakeStoreFaults, DropsNotificationsButNotChanges) {
  SystemClock clock;
  FakeStore store(clock);
  RecordingListener listener;
  store.set_listener(&listener);
  store.drop_notifications(true);
  const auto cursor = store.changes_since("").cursor;
  store.put_agent(user_row(alice, "alice"));
  EXPECT_THAT(listener.take(), IsEmpty());
  EXPECT_THAT(store.changes_since(cursor).keys, ElementsAre(alice));
}

}  // namespace
}  // namespace mosaic::conformance
