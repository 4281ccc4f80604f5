#include "reconcilers/orphan_reconciler.hpp"

#include "controller/informer.hpp"
#include "model/naming.hpp"
#include "reconcilers/fingerprints.hpp"

namespace mosaic {
namespace {

constexpr int most_steps = 8;

}  // namespace

OrphanReconciler::OrphanReconciler(const Clock& clock, AgentReader& rows, StatusWriter& statuses,
                                   EventLog& events, RuntimeDriver& driver, FleetPolicy& fleet,
                                   std::string instance)
    : clock_(clock),
      rows_(rows),
      statuses_(statuses),
      events_(events),
      driver_(driver),
      fleet_(fleet),
      instance_(std::move(instance)),
      listing_(clock, driver) {}

Outcome OrphanReconciler::reconcile(const ResourceKey& key) {
  if (key.name == leftovers_name) {
    driver_.remove_leftovers();
    return {};
  }
  const auto row_key = parse_resource_key(key.name);
  if (!row_key) throw TerminalError("\"" + key.name + "\" names no row");
  const Memory memory = remembered(*row_key);
  const SharedListing::Finding finding = listing_.ask(*row_key, memory.listing_before);
  if (finding.answer == SharedListing::Answer::something) return clean_up(*row_key, memory);
  if (finding.answer == SharedListing::Answer::ask_again)
    return Outcome{finding.ask_again_in, Priority::resync};
  forget(*row_key);
  return {};
}

OrphanReconciler::Memory OrphanReconciler::remembered(const ResourceKey& row_key) {
  Memory fresh;
  fresh.first_seen = clock_.now();
  fresh.listing_before = listing_.last_begun();
  const std::lock_guard lock(mutex_);
  return memories_.try_emplace(row_key, fresh).first->second;
}

void OrphanReconciler::remember(const ResourceKey& row_key, const Memory& memory) {
  const std::lock_guard lock(mutex_);
  memories_[row_key] = memory;
}

void OrphanReconciler::forget(const ResourceKey& row_key) {
  const std::lock_guard lock(mutex_);
  memories_.erase(row_key);
}

Outcome OrphanReconciler::clean_up(const ResourceKey& row_key, Memory memory) {
  OrphanPlan plan;
  for (int step = 0; step < most_steps; ++step) {
    memory.listing_before = listing_.last_begun();
    plan = plan_orphan(look(row_key, memory));
    tell(row_key, plan, memory);
    if (plan.action == OrphanAction::none) break;
    perform(plan);
    if (plan.action == OrphanAction::terminate) memory.terminated_at = clock_.now();
    if (plan.action == OrphanAction::kill) {
      memory.killed = plan.target;
      memory.killed_at = clock_.now();
    }
    // At once: the next step may fail, and must not be taken for the first one.
    remember(row_key, memory);
  }
  if (plan.action == OrphanAction::none && !plan.requeue_after) {
    forget(row_key);
    return {};
  }
  remember(row_key, memory);
  return Outcome{plan.requeue_after.value_or(Duration(1)), Priority::resync};
}

// Everything is read anew for each step.
OrphanInput OrphanReconciler::look(const ResourceKey& row_key, const Memory& memory) {
  OrphanInput input;
  for (const auto& listed : driver_.list_agents()) {
    if (listed.container.key == row_key) input.containers.push_back(listed.container);
  }
  for (const auto& network : driver_.list_networks()) {
    if (network.key == row_key) input.networks.push_back(network.name);
  }
  // After the engine: a container that a new row has just got is then seen together with its row.
  const auto row = rows_.find_agent(row_key);
  input.row_exists = row.has_value();
  if (row) input.container_name = row->container_name;
  input.was_deleted = !row && statuses_.was_deleted(row_key);
  input.replaced = !row && !input.was_deleted && is_replaced(row_key, input);
  input.first_seen = memory.first_seen;
  input.terminated_at = memory.terminated_at;
  input.killed = memory.killed;
  input.killed_at = memory.killed_at;
  input.stop_grace = fleet_.picture()->settings.stop_grace;
  input.now = clock_.now();
  return input;
}

// Only asked of what a failover left, so that reading all rows is no matter. Networks are named after the owner. The row
// itself, missed by an old snapshot a moment ago and there again, has its own names and is not its own successor.
bool OrphanReconciler::is_replaced(const ResourceKey& row_key, const OrphanInput& input) {
  bool replaced = false;
  bool is_back = false;
  rows_.scan_agents([&](AgentRow&& other) {
    is_back = is_back || other.key == row_key;
    if (other.key.kind != row_key.kind) return;
    const std::string network = network_name(identity_of(other, instance_));
    for (const auto& name : input.networks) replaced = replaced || name == network;
    for (const auto& container : input.containers)
      replaced = replaced || container.name == other.container_name;
  });
  return replaced && !is_back;
}

void OrphanReconciler::perform(const OrphanPlan& plan) {
  switch (plan.action) {
    case OrphanAction::none:
      return;
    case OrphanAction::unpause:
      return driver_.unpause(plan.target);
    case OrphanAction::terminate:
      return driver_.terminate(plan.target);
    case OrphanAction::kill:
      return driver_.kill(plan.target);
    case OrphanAction::remove_container:
      return driver_.remove_container(plan.target);
    case OrphanAction::remove_network:
      return driver_.remove_network(plan.target);
  }
}

void OrphanReconciler::tell(const ResourceKey& row_key, const OrphanPlan& plan, Memory& memory) {
  if (plan.reason.empty() || plan.reason == memory.told) return;
  memory.told = plan.reason;
  Event event;
  event.at = clock_.now();
  event.key = row_key;
  event.severity = EventSeverity::warning;
  event.reason = plan.action == OrphanAction::none ? "OrphanKept" : "OrphanRemoved";
  event.message = plan.reason;
  events_.append_event(event);
}

}  // namespace mosaic
