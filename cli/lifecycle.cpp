#include "cli/lifecycle.hpp"

#include "cli/agent_lookup.hpp"
#include "cli/failure.hpp"

namespace mosaic::cli {
namespace {

using Verb = LifecycleRequest::Verb;

std::string words(const AgentRow& row) {
  return std::string(short_name(row.key.kind)) + " " + row.owner;
}

void require(bool written, const AgentRow& row) {
  if (!written) throw NotFoundError(words(row) + " has just been deleted by somebody else");
}

// The generation after our own write: what a controller must have seen before its status answers
// us.
std::int64_t generation_now(Store& store, const AgentRow& row) {
  const auto current = store.find_agent(row.key);
  return current ? current->generation : row.generation;
}

Asked wake(Store& store, const Clock& clock, const AgentRow& row) {
  if (row.desired_state == DesiredState::stopped || !row.active) {
    throw CommandError(words(row) +
                       " was stopped by request and stays so; to undo that: mosaic start " +
                       words(row));
  }
  require(store.touch(row.key, clock.now()), row);
  return {row.key, words(row) + " is asked to wake", running_goal(row.generation)};
}

Asked start(Store& store, const Clock& clock, const AgentRow& row, bool keep_running) {
  if (!row.active) {
    throw CommandError(words(row) +
                       " is not active (isActive in its row); activate it there first");
  }
  require(store.set_desired_state(row.key,
                                  keep_running ? DesiredState::running : DesiredState::automatic),
          row);
  require(store.touch(row.key, clock.now()), row);
  return {
      row.key,
      words(row) + (keep_running ? " is asked to start and to keep running" : " is asked to start"),
      running_goal(generation_now(store, row))};
}

Asked stop(Store& store, const AgentRow& row) {
  require(store.set_desired_state(row.key, DesiredState::stopped), row);
  return {row.key, words(row) + " is asked to stop and stays stopped until mosaic start",
          stopped_goal(generation_now(store, row))};
}

bool has_process(Phase phase) {
  return phase == Phase::running || phase == Phase::draining || phase == Phase::starting;
}

Asked restart(Store& store, const Clock& clock, const AgentRow& row) {
  require(store.request_restart(row.key, clock.now()), row);
  if (!has_process(row.status.phase)) {
    return {row.key, words(row) + " is not running; it begins anew when it next wakes",
            std::nullopt};
  }
  return {row.key, words(row) + " is asked to restart once its running turns have ended",
          running_goal(generation_now(store, row), row.status.started_at)};
}

Asked rotate_token(Store& store, const AgentRow& row, const std::string& token) {
  require(store.replace_token(row.key, token), row);
  if (!has_process(row.status.phase)) {
    return {row.key,
            words(row) + " is not running; it has another gateway token when it next wakes",
            std::nullopt};
  }
  return {row.key,
          words(row) +
              " gets a new container with another gateway token once its running turns have ended",
          running_goal(generation_now(store, row), row.status.started_at)};
}

Asked move(Store& store, const AgentRow& row, const std::string& node, bool without_state) {
  require(store.request_move(row.key, node, without_state), row);
  return {row.key,
          words(row) + " is asked to move to " + node +
              (without_state ? ", without its state where that cannot be reached" : ""),
          moved_goal(generation_now(store, row))};
}

Asked remove(Store& store, const Clock& clock, const AgentRow& row, bool purge) {
  require(store.request_deletion(row.key, purge, clock.now()), row);
  return {row.key,
          words(row) + (purge ? " is being deleted with its volumes"
                              : " is being deleted; its volumes stay"),
          gone_goal()};
}

}  // namespace

Asked ask(Store& store, const Clock& clock, const LifecycleRequest& request) {
  const AgentRow row = find_agent_row(store, request.kind, request.name);
  if (row.deletion_requested_at && request.verb != Verb::remove) {
    throw CommandError(words(row) + " is being deleted; nothing else can be asked of it");
  }
  switch (request.verb) {
    case Verb::wake:
      return wake(store, clock, row);
    case Verb::start:
      return start(store, clock, row, request.keep_running);
    case Verb::stop:
      return stop(store, row);
    case Verb::restart:
      return restart(store, clock, row);
    case Verb::rotate_token:
      return rotate_token(store, row, request.token);
    case Verb::move:
      return move(store, row, request.node, request.without_state);
    case Verb::remove:
      return remove(store, clock, row, request.purge);
  }
  throw UsageError("no such verb");
}

}  // namespace mosaic::cli
