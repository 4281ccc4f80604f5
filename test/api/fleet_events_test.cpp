#include "api/fleet_events.hpp"

#include <gmock/gmock.h>

#include <condition_variable>

#include "test/api/management_house.hpp"

namespace mosaic::test {
namespace {

class Listening final : public EventChannel {
 public:
  bool send(std::string_view event, std::string_view, std::string_view data) override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(event, data);
    arrived_.notify_all();
    return true;
  }
  bool closed() const override { return false; }

  std::pair<std::string, std::string> next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return taken_ < events_.size(); });
    return events_[taken_++];
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<std::string, std::string>> events_;
  std::size_t taken_ = 0;
};

class FleetChanges : public ManagementHouse {
 protected:
  FleetChanges() { events.start(); }
  ~FleetChanges() override { events.stop(); }

  FleetEvents events{rows, clock, Logger::silent()};
  std::shared_ptr<Listening> channel = std::make_shared<Listening>();
};

TEST_F(FleetChanges, AreToldWithTheAgentAsItIs) {
  const auto key = run_agent("alice");
  const auto open = events.open(channel);
  events.on_status_moved(key);
  const auto [name, data] = channel->next();
  EXPECT_EQ(name, "agent");
  const auto agent = Json::parse(data);
  EXPECT_EQ(agent["id"], key.name);
  EXPECT_EQ(agent["phase"], "running");
  EXPECT_THAT(data, testing::Not(testing::HasSubstr("enc:")));
}

TEST_F(FleetChanges, SayWhatIsGoneAndWhatWasMissed) {
  const auto open = events.open(channel);
  events.on_status_moved({ResourceKind::system_container, "none"});
  EXPECT_EQ(channel->next(),
            (std::pair<std::string, std::string>("gone", R"({"kind":"system","id":"none"})")));
  events.on_statuses_missed();
  EXPECT_EQ(channel->next().first, "missed");
  rows.fail_next();
  events.on_status_moved({ResourceKind::system_container, "none"});
  EXPECT_EQ(channel->next().first, "missed");
}

}  // namespace
}  // namespace mosaic::test
