#include "api/gateway/activity_ledger.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace mosaic {
namespace {

// One statement locks its rows until it commits; this many take a few milliseconds.
constexpr std::size_t page_size = 5'000;

}  // namespace

ActivityLedger::Hold::Hold(Hold&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)),
      agent_(std::move(other.agent_)),
      use_(other.use_) {}

ActivityLedger::Hold& ActivityLedger::Hold::operator=(Hold&& other) noexcept {
  if (this == &other) return *this;
  release();
  ledger_ = std::exchange(other.ledger_, nullptr);
  agent_ = std::move(other.agent_);
  use_ = other.use_;
  return *this;
}

void ActivityLedger::Hold::release() noexcept {
  if (auto* ledger = std::exchange(ledger_, nullptr)) ledger->release(agent_, use_);
}

ActivityLedger::ActivityLedger(const Clock& clock, DesiredStateWriter& rows,
                               ActivitySettings settings,
                               std::function<void(const std::string&)> report)
    : clock_(clock), rows_(rows), settings_(settings), report_(std::move(report)) {}

ActivityLedger::~ActivityLedger() = default;

ActivityLedger::Hold ActivityLedger::hold(const ResourceKey& agent, AgentUse use) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= settings_.held_agents && !entries_.contains(agent)) return {};
  Entry& entry = entries_[agent];
  ++(use == AgentUse::turn ? entry.turns : entry.waiting);
  return {*this, agent, use};
}

ActivityLedger::Hold ActivityLedger::hold_in_force(const ResourceKey& agent) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(agent);
  if (found == entries_.end() || !in_force(found->second)) return {};
  ++found->second.turns;
  return {*this, agent, AgentUse::turn};
}

void ActivityLedger::release(const ResourceKey& agent, AgentUse use) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(agent);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  --(use == AgentUse::turn ? entry.turns : entry.waiting);
  if (std::exchange(entry.unwritten, true)) return;
  entry.unwritten_since = clock_.steady_now();
}

// The next renewal is due before what is left of it has run out, also when a few renewals fail.
bool ActivityLedger::in_force(const Entry& entry) const {
  return entry.busy_recorded_at &&
         clock_.steady_now() - *entry.busy_recorded_at <= settings_.lease / 2;
}

bool ActivityLedger::is_due(const Entry& entry, SteadyTime now) const {
  const auto renewal = settings_.lease / 3;
  const auto& last = entry.turns > 0 ? entry.busy_recorded_at : entry.written_at;
  if (entry.turns > 0 || entry.waiting > 0) {
    if (!last || now - *last >= renewal) return true;
  }
  return entry.unwritten && now - entry.unwritten_since >= settings_.release_flush;
}

void ActivityLedger::record(const ResourceKey& agent) {
  Page page;
  {
    const std::lock_guard lock(mutex_);
    page.taken_at = clock_.steady_now();
    const TimePoint now = clock_.now();
    const auto found = entries_.find(agent);
    const bool busy = found != entries_.end() && found->second.turns > 0;
    page.busy_until[agent] = busy ? now + settings_.lease : now;
    if (busy) page.busy.insert(agent);
  }
  write(page);
}

ActivityLedger::Page ActivityLedger::take_due(bool everything, const ResourceKey& after) {
  const std::lock_guard lock(mutex_);
  Page page;
  page.taken_at = clock_.steady_now();
  const TimePoint now = clock_.now();
  for (auto at = entries_.upper_bound(after);
       at != entries_.end() && page.busy_until.size() < page_size; ++at) {
    const auto& [agent, entry] = *at;
    const bool used = entry.turns > 0 || entry.waiting > 0 || entry.unwritten;
    if (everything ? !used : !is_due(entry, page.taken_at)) continue;
    const bool busy = entry.turns > 0;
    page.busy_until[agent] = busy ? now + settings_.lease : now;
    if (busy) page.busy.insert(agent);
  }
  return page;
}

void ActivityLedger::write(const Page& page) {
  rows_.record_activity(page.busy_until, clock_.now());
  const std::lock_guard lock(mutex_);
  for (const auto& [agent, until] : page.busy_until) {
    const auto found = entries_.find(agent);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.written_at = page.taken_at;
    if (page.busy.contains(agent)) entry.busy_recorded_at = page.taken_at;
    if (entry.unwritten_since <= page.taken_at) entry.unwritten = false;
  }
}

void ActivityLedger::write_pages(bool everything) {
  ResourceKey after(ResourceKind::user_container, "");
  for (;;) {
    const Page page = take_due(everything, after);
    if (page.busy_until.empty()) return;
    write(page);
    after = page.busy_until.rbegin()->first;
  }
}

void ActivityLedger::tick() {
  try {
    write_pages(false);
    report_outcome({});
  } catch (const std::exception& error) {
    report_outcome(error.what());
  }
  forget_old(clock_.steady_now());
}

void ActivityLedger::flush() { write_pages(true); }

void ActivityLedger::forget_old(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    const bool used = entry.turns > 0 || entry.waiting > 0 || entry.unwritten;
    return !used && (!entry.written_at || now - *entry.written_at > settings_.lease);
  });
}

void ActivityLedger::report_outcome(const std::string& error) {
  const bool failed = !error.empty();
  if (std::exchange(failing_, failed) == failed || !report_) return;
  report_(failed ? "cannot put on record which agents are in use: " + error
                 : "the agents in use are on record again");
}

std::size_t ActivityLedger::held_agents() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(),
      [](const auto& item) { return item.second.turns > 0 || item.second.waiting > 0; }));
}

}  // namespace mosaic
