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

ActivityLedger::ActivityLedger(const Clock& clock, DesiredStateWriter& rows, std::string process,
                               ActivitySettings settings,
                               std::function<void(const std::string&)> report)
    : clock_(clock),
      rows_(rows),
      process_(std::move(process)),
      settings_(settings),
      report_(std::move(report)) {}

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
  entry.released = true;
  entry.released_at = clock_.steady_now();
  entry.released_after = pages_;
}

// The next renewal is due before what is left of it has run out, also when a few renewals fail.
bool ActivityLedger::in_force(const Entry& entry) const {
  return entry.busy_recorded_at &&
         clock_.steady_now() - *entry.busy_recorded_at <= settings_.lease / 2;
}

// Its last turn ended just now, and the next one may begin without a word to the database.
bool ActivityLedger::lingers(const Entry& entry, SteadyTime now) const {
  return in_force(entry) && entry.released && now - entry.released_at < settings_.linger;
}

bool ActivityLedger::is_due(const Entry& entry, SteadyTime now) const {
  const bool busy = entry.turns > 0 || lingers(entry, now);
  const auto& last = busy ? entry.busy_recorded_at : entry.written_at;
  if (busy || entry.waiting > 0) {
    if (!last || now - *last >= settings_.lease / 3) return true;
  }
  return !busy && entry.released && now - entry.released_at >= settings_.linger;
}

ActivityLedger::Page ActivityLedger::new_page() {
  Page page;
  page.number = ++pages_;
  page.taken_at = clock_.steady_now();
  page.activity.process = process_;
  page.activity.now = clock_.now();
  return page;
}

void ActivityLedger::enter(Page& page, const ResourceKey& agent, Entry& entry, bool busy) {
  if (busy) {
    entry.held_until =
        std::max(page.activity.now + settings_.lease, entry.held_until + Duration(1));
    page.activity.held_until[agent] = entry.held_until;
  } else {
    entry.busy_recorded_at.reset();
    entry.taken_back_by = page.number;
    page.activity.let_go[agent] = entry.held_until;
  }
}

void ActivityLedger::record(const ResourceKey& agent) {
  Page page;
  {
    const std::lock_guard lock(mutex_);
    page = new_page();
    const auto found = entries_.find(agent);
    if (found == entries_.end()) {
      page.activity.let_go[agent] = TimePoint{};
    } else {
      const Entry& entry = found->second;
      enter(page, agent, found->second, entry.turns > 0 || lingers(entry, page.taken_at));
    }
  }
  write(page);
}

// The last agent looked at, after which the next page goes on; nothing at the end.
std::optional<ResourceKey> ActivityLedger::take_due(Due due,
                                                    const std::optional<ResourceKey>& after,
                                                    Page& page) {
  const std::lock_guard lock(mutex_);
  page = new_page();
  for (auto at = after ? entries_.upper_bound(*after) : entries_.begin(); at != entries_.end();
       ++at) {
    auto& [agent, entry] = *at;
    if (due == Due::everything) {
      const bool used = entry.turns > 0 || entry.waiting > 0 || entry.released;
      if (used) enter(page, agent, entry, entry.turns > 0);
    } else if (is_due(entry, page.taken_at)) {
      enter(page, agent, entry, entry.turns > 0 || lingers(entry, page.taken_at));
    }
    if (page.size() == page_size) return agent;
  }
  return std::nullopt;
}

void ActivityLedger::write(const Page& page) {
  rows_.record_activity(page.activity);
  const std::lock_guard lock(mutex_);
  for (const auto& [agent, until] : page.activity.held_until) {
    const auto found = entries_.find(agent);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.written_at = page.taken_at;
    if (page.number > entry.taken_back_by) entry.busy_recorded_at = page.taken_at;
  }
  for (const auto& [agent, until] : page.activity.let_go) {
    const auto found = entries_.find(agent);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    entry.written_at = page.taken_at;
    if (page.number > entry.released_after) entry.released = false;
  }
}

void ActivityLedger::write_pages(Due due) {
  std::optional<ResourceKey> last;
  do {
    Page page;
    last = take_due(due, last, page);
    if (page.size() > 0) write(page);
  } while (last);
}

void ActivityLedger::tick() {
  try {
    write_pages(Due::in_time);
    report_outcome({});
  } catch (const std::exception& error) {
    report_outcome(error.what());
  }
  forget_old(clock_.steady_now());
}

void ActivityLedger::flush() { write_pages(Due::everything); }

void ActivityLedger::forget_old(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& item) {
    const Entry& entry = item.second;
    const bool used = entry.turns > 0 || entry.waiting > 0 || entry.released;
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
