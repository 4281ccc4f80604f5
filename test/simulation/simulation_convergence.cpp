// The heal, and what must be true after it: everything is as the rows say, nothing moves any more, and whoever comes is
// served.
#include <algorithm>

#include "model/naming.hpp"
#include "test/simulation/simulation.hpp"

namespace mosaic::simulation {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// The longest that anything here waits for: ten minutes until a crash is forgotten, after a back-off of five.
constexpr Duration longest_convergence = minutes(35);
constexpr Duration longest_wake = minutes(3);

bool has_process(const FakeContainer& container) {
  return container.view.state == ContainerState::running ||
         container.view.state == ContainerState::paused;
}

}  // namespace

// No fault is left; who stood still or was dead is back; what needs a person's word gets it.
void Simulation::heal() {
  trace_.note({"-- all faults end"});
  while (!open_.empty()) {
    const auto end = std::move(open_.back().end);
    open_.pop_back();
    end();
  }
  for (auto& slot : controllers_) {
    slot.downtime = Duration::zero();
    slot.back_at = std::min(slot.back_at, clock_.steady_now());
    if (!slot.running) continue;
    slot.running->process().crash_in_calls = 0;
    slot.running->process().pause_in_calls = 0;
  }
  for (auto& slot : gateways_) slot.back_at = std::min(slot.back_at, clock_.steady_now());
  for (const auto& [key, value] : {std::pair{"fleet.maxRunningAgents", "0"},
                                   {"fleet.memoryBudgetMb", "0"},
                                   {"fleet.sleep.hibernateAfterMin", "0"},
                                   {"fleet.sleep.stopAfterMin", "0"}})
    store_.put_setting(key, value);
  calm_ = true;
  for (auto& slot : controllers_) {
    if (slot.running) slot.running->set_calm(true);
  }
  run_until(clock_.steady_now() + minutes(2));
  // Whoever was refused for good is tried again only when a person asks for it.
  for (const auto& key : keys()) {
    const auto row = store_.find_agent(key);
    const bool refused = row && (row->status.phase == Phase::failed ||
                                 !row->status.failed_spec.empty() || row->status.next_retry_at);
    if (refused) store_.request_restart(key, clock_.now());
  }
}

void Simulation::converge() {
  const SteadyTime limit = clock_.steady_now() + longest_convergence;
  std::string complained;
  while (!over() && clock_.steady_now() < limit) {
    run_until(clock_.steady_now() + seconds(20));
    complained = complaint();
    if (complained.empty()) return;
  }
  invariants_.fail("liveness", complained);
}

// Empty: everything is as it should be.
std::string Simulation::complaint() {
  const auto leaders =
      std::count_if(controllers_.begin(), controllers_.end(),
                    [](const auto& slot) { return slot.running && slot.running->leads(); });
  if (leaders != 1) return std::to_string(leaders) + " controllers lead";
  std::string text;
  store_.for_each_agent([&](AgentRow&& row) {
    if (text.empty()) text = complaint_about(row);
  });
  return text.empty() ? complaint_about_leftovers() : text;
}

std::string Simulation::complaint_about(const AgentRow& row) {
  const std::string who =
      to_string(row.key) + " (" + std::string(to_string(row.status.phase)) + ")";
  if (row.deletion_requested_at) return who + " was to be deleted";
  if (!row.next_gateway_token.empty()) return who + " has a token that waits";
  if (!row.move_to_node.empty()) return who + " is still to be moved";
  if (row.status.observed_generation != row.generation) return who + " has a newer generation";
  const auto own = engine_.containers_of(row.key);
  if (own.size() > 1) return who + " has several containers";
  const bool user = row.key.kind == ResourceKind::user_container;
  const bool awake = row.desired_state != DesiredState::stopped &&
                     (user ? row.desired_state == DesiredState::running : row.active);
  if (awake) {
    const std::string text = complaint_about_awake(row, own);
    return text.empty() ? text : who + text;
  }
  const bool process = !own.empty() && has_process(own.front());
  if (!process) return row.status.phase == Phase::stopped ? "" : who + " has no process";
  const bool by_request = row.desired_state == DesiredState::stopped || !user;
  const bool frozen = own.front().view.state == ContainerState::paused &&
                      (row.status.phase == Phase::paused || row.status.phase == Phase::hibernated);
  return frozen && !by_request ? "" : who + " should sleep";
}

std::string Simulation::complaint_about_awake(const AgentRow& row,
                                              const std::vector<FakeContainer>& own) {
  if (own.empty() || own.front().view.state != ContainerState::running) return " does not run";
  const FakeContainer& container = own.front();
  if (row.status.phase != Phase::running) return " runs, and its row does not say so";
  if (row.status.container_id != container.view.id ||
      row.status.endpoint != container.view.endpoint)
    return " is not where its row says";
  if (container.view.name != row.container_name) return " bears another name";
  if (container.spec.gateway_token != box_.decrypt(row.gateway_token)) return " has another token";
  const auto settings = store_.settings("fleet.image");
  const std::string image = row.image.empty() ? settings.at("fleet.image") : row.image;
  if (container.image != image) return " runs another image";
  if (row.memory_mb && container.spec.limits.memory_mb != *row.memory_mb)
    return " has another memory limit";
  // What it fetched in the seconds that a failover took back, it keeps until its next start or change: neither rows
  // nor status tell of it any more.
  const bool taken_back =
      invariants_.failed_over_since(container.view.started_at.value_or(TimePoint{}));
  if (!taken_back && container.configuration != configuration_of(row.key))
    return " has an older configuration";
  if (row.status.restart_count != 0) return " is not forgiven its crashes yet";
  return {};
}

std::string Simulation::configuration_of(const ResourceKey& key) {
  const auto source = store_.find_config_source(key);
  if (!source) return {};
  std::string text = source->personality;
  for (const auto& provider : source->providers) text += " " + provider.base_url;
  return text;
}

std::string Simulation::complaint_about_leftovers() {
  if (engine_.has_left_volumes()) return "volumes that are nobody's state are left on a node";
  for (const auto& container : engine_.containers()) {
    const ResourceKey& key = container.view.key;
    if (container.spec.identity.owner.empty() || store_.find_agent(key)) continue;
    // A row that the database lost keeps its container for an hour.
    if (!store_.was_deleted(key)) continue;
    return "container " + container.view.id + " of " + to_string(key) +
           " is left, whose row was deleted";
  }
  for (const auto& key : keys()) {
    if (!store_.find_agent(key) && store_.was_deleted(key) && engine_.has_network(key))
      return "the network of " + to_string(key) + " is left, whose row was deleted";
  }
  for (int agent = 0; agent < agents; ++agent) {
    // Only a deletion that ran its course purges, not one that a DELETE or a failover overtook.
    const ResourceKey key = newest_key(agent);
    if (invariants_.was_purged(key) && !row_of(agent) && engine_.has_volumes(key))
      return "the volumes of " + to_string(key) + " are left, although they were to be purged";
  }
  return {};
}

// Further resyncs perform no action and no write.
void Simulation::check_stability() {
  const auto mutations = engine_.mutation_count();
  const auto writes = store_.status_writes();
  const auto events = store_.events(EventQuery{std::nullopt, 0, 1000}).size();
  for (auto& slot : controllers_) {
    if (slot.running) slot.running->request_resync();
  }
  run_until(clock_.steady_now() + seconds(70));
  if (over()) return;
  if (engine_.mutation_count() != mutations)
    invariants_.fail("stability", "a settled fleet was changed by " + last_change());
  if (store_.status_writes() != writes)
    invariants_.fail("stability", "a status of a settled fleet was written");
  if (store_.events(EventQuery{std::nullopt, 0, 1000}).size() != events)
    invariants_.fail("stability", "an event of a settled fleet was written");
}

std::string Simulation::last_change() const {
  const auto calls = engine_.calls();
  const auto last = std::find_if(calls.rbegin(), calls.rend(), [](const EngineCall& call) {
    return changes_engine(call.method);
  });
  return last == calls.rend() ? "nobody"
                              : std::string(to_string(last->method)) + " of " + last->target;
}

// Whoever has an agent that may be woken gets a seat.
void Simulation::check_service() {
  for (int agent = 0; agent < user_agents; ++agent) {
    const auto key = row_of(agent);
    const auto row = key ? store_.find_agent(*key) : std::nullopt;
    if (!row || row->desired_state == DesiredState::stopped) continue;
    GatewayProcess& gateway = *gateways_.front().running;
    const auto before = gateway.seats_given();
    const int number = next_chat_++;
    gateway.chat(number, row->owner);
    const SteadyTime limit = clock_.steady_now() + longest_wake;
    while (!over() && gateway.seats_given() == before && clock_.steady_now() < limit)
      run_until(clock_.steady_now() + seconds(1));
    if (gateway.seats_given() == before)
      invariants_.fail("liveness", row->owner + " gets no seat with their agent");
    gateway.leave(number);
    return;
  }
}

}  // namespace mosaic::simulation
