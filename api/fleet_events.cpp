#include "api/fleet_events.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/handlers/views.hpp"

namespace mosaic {
namespace {

// More than this at once is cheaper read as a whole.
constexpr std::size_t most_moved = 2000;

}  // namespace

void FleetEvents::add_routes(Router& router, StandingRights& rights) {
  add_event_stream(router, "/api/fleet/events", rights, {Admission::admin, Scope::admin},
                   [this](const Request&, const Caller&, std::shared_ptr<EventChannel> channel) {
                     return open(std::move(channel));
                   });
}

void FleetEvents::start() {
  thread_ = std::thread([this] { work(); });
}

void FleetEvents::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<void> FleetEvents::open(std::shared_ptr<EventChannel> channel) {
  const std::lock_guard lock(mutex_);
  std::erase_if(channels_, [](const auto& known) { return known.expired(); });
  channels_.push_back(channel);
  return channel;
}

void FleetEvents::on_status_moved(const ResourceKey& key) {
  {
    const std::lock_guard lock(mutex_);
    if (channels_.empty()) return;
    if (moved_.size() < most_moved) {
      moved_.insert(key);
    } else {
      missed_ = true;
    }
  }
  wake_.notify_all();
}

void FleetEvents::on_statuses_missed() {
  {
    const std::lock_guard lock(mutex_);
    if (channels_.empty()) return;
    missed_ = true;
  }
  wake_.notify_all();
}

void FleetEvents::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || missed_ || !moved_.empty(); });
    if (stopping_) return;
    const bool missed = std::exchange(missed_, false);
    const auto moved = std::exchange(moved_, {});
    lock.unlock();
    if (missed) {
      send({"missed", "{}"});
    } else {
      for (const auto& key : moved) send(describe(key));
    }
    lock.lock();
  }
}

FleetEvents::Event FleetEvents::describe(const ResourceKey& key) {
  try {
    if (const auto row = agents_.find_agent(key))
      return {"agent", fleet_agent_view(*row, clock_.now()).dump()};
    const nlohmann::ordered_json gone{{"kind", short_name(key.kind)}, {"id", key.name}};
    return {"gone", gone.dump()};
  } catch (const StoreError& error) {
    log_.warning("an event of the fleet could not be told", {{Field::error, error.what()}});
    return {"missed", "{}"};
  }
}

void FleetEvents::send(const Event& event) {
  std::vector<std::shared_ptr<EventChannel>> listening;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(channels_, [](const auto& known) { return known.expired(); });
    for (const auto& known : channels_) {
      if (auto channel = known.lock()) listening.push_back(std::move(channel));
    }
  }
  for (const auto& channel : listening) channel->send(event.name, "", event.data);
}

}  // namespace mosaic
