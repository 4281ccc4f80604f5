#include "controller/fenced_driver.hpp"

#include <utility>

#include "controller/reconciler.hpp"

namespace mosaic {

FencedDriver::FencedDriver(RuntimeDriver& driver, const Leadership& leadership)
    : driver_(driver), leadership_(leadership) {
  before_each_change({});
}

FencedDriver::~FencedDriver() { driver_.before_each_change({}); }

void FencedDriver::before_each_change(std::function<void()> check) {
  driver_.before_each_change([this, check = std::move(check)] {
    trusted();
    if (check) check();
  });
}

RuntimeDriver& FencedDriver::trusted() {
  if (!leadership_.term()) throw LeadershipLost();
  return driver_;
}

EngineInfo FencedDriver::info() { return trusted().info(); }
// Makes no call.
std::string FencedDriver::template_fingerprint() const { return driver_.template_fingerprint(); }
std::vector<ListedContainer> FencedDriver::list_agents() { return trusted().list_agents(); }
std::vector<ListedNetwork> FencedDriver::list_networks() { return trusted().list_networks(); }
ObservedAgent FencedDriver::observe(const AgentIdentity& identity, const std::string& image) {
  return trusted().observe(identity, image);
}
void FencedDriver::ensure_volumes(const AgentIdentity& identity) {
  trusted().ensure_volumes(identity);
}
void FencedDriver::ensure_network(const AgentIdentity& identity) {
  trusted().ensure_network(identity);
}
ContainerView FencedDriver::create_container(const AgentSpec& spec) {
  return trusted().create_container(spec);
}
void FencedDriver::start(const std::string& container_id) { trusted().start(container_id); }
void FencedDriver::terminate(const std::string& container_id) { trusted().terminate(container_id); }
void FencedDriver::kill(const std::string& container_id) { trusted().kill(container_id); }
void FencedDriver::pause(const std::string& container_id) { trusted().pause(container_id); }
void FencedDriver::unpause(const std::string& container_id) { trusted().unpause(container_id); }
void FencedDriver::reclaim(const std::string& container_id) { trusted().reclaim(container_id); }
void FencedDriver::reload_configuration(const std::string& container_id) {
  trusted().reload_configuration(container_id);
}
ScheduleView FencedDriver::read_schedule(const std::string& container_id) {
  return trusted().read_schedule(container_id);
}
void FencedDriver::remove_container(const std::string& container_id) {
  trusted().remove_container(container_id);
}
void FencedDriver::remove_network(const std::string& network_name) {
  trusted().remove_network(network_name);
}
void FencedDriver::remove_volumes(const AgentIdentity& identity) {
  trusted().remove_volumes(identity);
}
MoveView FencedDriver::look_at_move(const AgentIdentity& identity, const std::string& node) {
  return trusted().look_at_move(identity, node);
}
void FencedDriver::advance_move(const AgentIdentity& identity, const std::string& node,
                                MoveStep step) {
  trusted().advance_move(identity, node, step);
}
void FencedDriver::remove_leftovers() { trusted().remove_leftovers(); }
void FencedDriver::begin_pull(const std::string& image) { trusted().begin_pull(image); }
ImageView FencedDriver::image(const std::string& image) { return trusted().image(image); }
std::optional<RuntimeDriver::MemoryUse> FencedDriver::memory_use(const std::string& container_id) {
  return trusted().memory_use(container_id);
}
// Hints are not calls: a standby listens too, and stays warm.
void FencedDriver::watch(EngineListener& listener) { driver_.watch(listener); }
void FencedDriver::stop_watching() { driver_.stop_watching(); }

}  // namespace mosaic
