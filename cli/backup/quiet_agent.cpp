#include "cli/backup/quiet_agent.hpp"

#include <thread>

#include "cli/status_wait.hpp"

namespace mosaic::cli {
namespace {

// A running turn may take as long as the drain limit lets it, and then the process as long as its grace.
constexpr Duration patience = std::chrono::minutes(20);

std::string words(const AgentRow& row) {
  return std::string(short_name(row.key.kind)) + " " + row.owner;
}

bool somebody_leads(Store& store, const Clock& clock) {
  const LeaseView lease = store.lease();
  return !lease.holder.empty() && lease.expires_at && *lease.expires_at > clock.now();
}

bool was_awake(const AgentRow& row) {
  return row.status.phase == Phase::running || row.status.phase == Phase::starting ||
         row.status.phase == Phase::draining;
}

}  // namespace

QuietAgent::QuietAgent(Store& store, RuntimeDriver& driver, const Clock& clock, const AgentRow& row,
                       const AgentIdentity& identity, const std::string& image,
                       BackupProgress& progress)
    : store_(store), driver_(driver), clock_(clock), row_(row) {
  try {
    if (somebody_leads(store_, clock_)) stop(progress);
    require_no_process(identity, image);
  } catch (...) {
    if (asked_) store_.set_desired_state(row_.key, row_.desired_state);
    throw;
  }
}

QuietAgent::~QuietAgent() {
  try {
    resume();
  } catch (const std::exception&) {
    // Somebody who did not call resume() is reporting another failure already.
  }
}

void QuietAgent::stop(BackupProgress& progress) {
  if (row_.desired_state != DesiredState::stopped) {
    if (!store_.set_desired_state(row_.key, DesiredState::stopped))
      throw CommandError(words(row_) + " has just been deleted by somebody else; begin anew");
    asked_ = true;
  }
  const auto current = store_.find_agent(row_.key);
  StatusWait wait;
  wait.limit = patience;
  wait.pause = [&](Duration time) {
    progress.go_on();
    std::this_thread::sleep_for(time);
  };
  wait_for_status(store_, clock_, row_.key, words(row_),
                  stopped_goal(current ? current->generation : row_.generation), wait,
                  progress.out());
}

void QuietAgent::require_no_process(const AgentIdentity& identity, const std::string& image) {
  const auto observed = driver_.observe(identity, image);
  if (!observed.container) return;
  const auto state = observed.container->state;
  // One without a place could get it in the middle of the backup.
  if (state != ContainerState::running && state != ContainerState::paused &&
      state != ContainerState::placing)
    return;
  throw CommandError(words(row_) +
                     " has a running process and no controller leads that could stop it: start the "
                     "controller, or stop the container " +
                     observed.container->name);
}

void QuietAgent::resume() {
  if (!asked_) return;
  asked_ = false;
  store_.set_desired_state(row_.key, row_.desired_state);
  if (was_awake(row_)) store_.touch(row_.key, clock_.now());
}

}  // namespace mosaic::cli
