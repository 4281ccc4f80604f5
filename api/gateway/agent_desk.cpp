#include "api/gateway/agent_desk.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "api/gateway/wake_outlook.hpp"
#include "api/user_agent_creation.hpp"

namespace mosaic {
namespace {

// A database that is restarted is back within this; people who wait ten seconds anyway need not hear of it.
constexpr Duration database_patience = std::chrono::seconds(15);
constexpr Duration tidy_interval = std::chrono::minutes(1);

}  // namespace

class AgentDesk::Desk : public std::enable_shared_from_this<Desk> {
 public:
  Desk(DeskDependencies dependencies, DeskSettings settings)
      : it_(std::move(dependencies)), settings_(settings) {}

  std::optional<AgentSeat> seat_at_once(const Account& account);
  std::variant<std::uint64_t, DeskRefusal> wait(const Account& account, WaitCallbacks callbacks);
  void cancel(const std::string& account_id, std::uint64_t number) noexcept;
  void report_unreachable(const std::string& account_id, const AgentAddress& address);
  void tick();
  void close();
  void status_moved(const ResourceKey& key);
  void statuses_missed();
  std::size_t waiters() const;

 private:
  struct Waiter {
    std::uint64_t number = 0;
    std::shared_ptr<const WaitCallbacks> callbacks;
    SteadyTime since{};
    std::optional<WakeProgress> told;
  };

  // All that is known of one account's agent.
  struct Place {
    Account account;  // as it was at the last wait
    std::optional<ResourceKey> agent;
    std::shared_ptr<const AgentAddress> address;  // remembered while the agent has not moved
    std::string dead_process;                     // not to be trusted until dead_until
    SteadyTime dead_until{};

    std::vector<Waiter> waiters;
    // Of the present wake, which begins with the first waiter:
    SteadyTime wake_began{};
    bool recorded = false;  // the wish is in the row
    ActivityLedger::Hold waiting;
    std::optional<std::string> first_failure;  // stood in the row when the wake began
    std::optional<SteadyTime> database_away_since;
    WakeProgress progress;

    bool looking = false;     // a look is on the executor
    bool look_again = false;  // something happened meanwhile
    bool look_due = false;    // the executor was full, or somebody new waits
    SteadyTime last_look{};
  };

  // What a look starts from, copied, because it runs without the lock.
  struct Errand {
    Account account;
    std::optional<ResourceKey> agent;
    bool recorded = false;
    std::string dead_process;
  };

  // What it found.
  struct Finding {
    std::optional<AgentRow> row;
    std::shared_ptr<const AgentAddress> address;  // with `hold` on record: seats can be given
    ActivityLedger::Hold hold;                    // of a turn, or of waiting
    std::optional<DeskRefusal> refusal;           // final, whatever the status says
    bool recorded = false;
    bool distrusted = false;  // it is said to run, and was reported as not answering
    bool vanished = false;
    bool database_away = false;
  };

  using Places = std::unordered_map<std::string, Place>;
  using Deliveries = std::vector<std::function<void()>>;

  SteadyTime now() const { return it_.clock.steady_now(); }

  // On the executor, without the lock.
  void look(const std::string& account_id);
  std::optional<Errand> begin_look(const std::string& account_id);
  Finding find_out(const std::string& account_id, const Errand& errand);
  bool begin_wake(const std::string& account_id, const Errand& errand, Finding& finding);
  bool claim(const Errand& errand, Finding& finding);
  std::optional<AgentRow> own_row(const std::string& account_id, const ResourceKey& agent);
  std::shared_ptr<const AgentAddress> address_of(const AgentRow& row) const;
  void note_agent(const std::string& account_id, const ResourceKey& agent);

  void conclude(const std::string& account_id, Finding finding, Deliveries& deliveries);
  bool end_look(const std::string& account_id);

  // With the lock.
  void apply(Place& place, Finding& finding, Deliveries& deliveries);
  std::optional<DeskRefusal> verdict(Place& place, const AgentRow& row);
  void tell(Place& place, const WakeProgress& progress, Deliveries& deliveries);
  void give_seats(Place& place, Finding& finding, Deliveries& deliveries);
  void refuse(Place& place, const DeskRefusal& refusal, Deliveries& deliveries);
  void end_wake(Place& place);
  bool request_look(Place& place);
  void forget_agent(Place& place);
  void expire_waiters(Place& place, Deliveries& deliveries);
  void tidy();

  // Without the lock.
  void submit(const std::string& account_id);
  static void deliver(const Deliveries& deliveries) {
    for (const auto& delivery : deliveries) delivery();
  }

  const DeskDependencies it_;
  const DeskSettings settings_;
  mutable std::mutex mutex_;
  Places places_;
  std::unordered_map<ResourceKey, std::string> owners_;  // of the agents in places_
  std::unordered_set<std::string> waiting_;              // accounts of which somebody waits
  std::size_t waiters_ = 0;
  SteadyTime last_tidied_{};
  std::uint64_t last_number_ = 0;
  bool closed_ = false;
};

// --- what is asked of it ---

std::optional<AgentSeat> AgentDesk::Desk::seat_at_once(const Account& account) {
  if (!account.agent_allowed || account.disabled) return std::nullopt;
  std::shared_ptr<const AgentAddress> address;
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(account.id);
    if (closed_ || place == places_.end() || !place->second.address) return std::nullopt;
    address = place->second.address;
  }
  auto hold = it_.ledger.hold_in_force(address->agent);
  if (!hold) return std::nullopt;
  return AgentSeat{std::move(address), std::move(hold)};
}

std::variant<std::uint64_t, DeskRefusal> AgentDesk::Desk::wait(const Account& account,
                                                               WaitCallbacks callbacks) {
  std::uint64_t number = 0;
  bool look_now = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return desk_refusal::closing();
    if (!account.agent_allowed || account.disabled) return desk_refusal::no_agent_allowed();
    if (waiters_ >= settings_.waiters) return desk_refusal::too_many_waiters();
    Place& place = places_[account.id];
    place.account = account;
    number = ++last_number_;
    const bool first = place.waiters.empty();
    waiting_.insert(account.id);
    place.waiters.push_back(Waiter{
        number, std::make_shared<const WaitCallbacks>(std::move(callbacks)), now(), std::nullopt});
    ++waiters_;
    if (first) {
      place.wake_began = now();
      look_now = request_look(place);
    } else {
      // Whoever comes later joins the wake that goes on, and hears of it with the next tick.
      place.look_due = true;
    }
  }
  if (look_now) submit(account.id);
  return number;
}

void AgentDesk::Desk::cancel(const std::string& account_id, std::uint64_t number) noexcept {
  std::shared_ptr<const WaitCallbacks> last_use;  // its captures go without the lock
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(account_id);
  if (found == places_.end()) return;
  auto& waiters = found->second.waiters;
  const auto waiter = std::find_if(waiters.begin(), waiters.end(), [&](const Waiter& candidate) {
    return candidate.number == number;
  });
  if (waiter == waiters.end()) return;
  last_use = std::move(waiter->callbacks);
  waiters.erase(waiter);
  --waiters_;
  if (waiters.empty()) end_wake(found->second);
}

void AgentDesk::Desk::report_unreachable(const std::string& account_id,
                                         const AgentAddress& address) {
  const std::lock_guard lock(mutex_);
  Place& place = places_[account_id];
  if (place.address && place.address->process == address.process) place.address.reset();
  place.dead_process = address.process;
  place.dead_until = now() + settings_.distrust;
}

void AgentDesk::Desk::status_moved(const ResourceKey& key) {
  std::string account_id;
  {
    const std::lock_guard lock(mutex_);
    const auto owner = owners_.find(key);
    if (owner == owners_.end()) return;
    account_id = owner->second;
    Place& place = places_[account_id];
    place.address.reset();
    if (place.waiters.empty()) {
      // A look that has read the row already must not bring the old address back.
      place.look_again = place.looking;
      return;
    }
    if (!request_look(place)) return;
  }
  submit(account_id);
}

void AgentDesk::Desk::statuses_missed() {
  std::vector<std::string> to_look;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [account_id, place] : places_) {
      place.address.reset();
      if (place.waiters.empty()) {
        place.look_again = place.looking;
      } else if (request_look(place)) {
        to_look.push_back(account_id);
      }
    }
  }
  for (const auto& account_id : to_look) submit(account_id);
}

void AgentDesk::Desk::tick() {
  std::vector<std::string> to_look;
  Deliveries deliveries;
  {
    const std::lock_guard lock(mutex_);
    // Notifications do the work; a great many who wait must not keep the store busy with being looked at.
    const auto interval =
        std::max<Duration>(settings_.poll_interval, settings_.poll_spacing * waiting_.size());
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      Place& place = places_[*at];
      expire_waiters(place, deliveries);
      if (place.waiters.empty()) {
        at = waiting_.erase(at);
        continue;
      }
      const bool due = place.look_due || now() - place.last_look >= interval;
      if (due && !place.looking && request_look(place)) to_look.push_back(*at);
      ++at;
    }
    tidy();
  }
  deliver(deliveries);
  for (const auto& account_id : to_look) submit(account_id);
}

void AgentDesk::Desk::close() {
  Deliveries deliveries;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& [account_id, place] : places_) {
      place.address.reset();
      refuse(place, desk_refusal::closing(), deliveries);
    }
  }
  deliver(deliveries);
}

std::size_t AgentDesk::Desk::waiters() const {
  const std::lock_guard lock(mutex_);
  return waiters_;
}

// --- a look at the row ---

// True: the caller submits one, without the lock.
bool AgentDesk::Desk::request_look(Place& place) {
  if (place.looking) {
    place.look_again = true;
    return false;
  }
  place.looking = true;
  place.look_due = false;
  return true;
}

void AgentDesk::Desk::submit(const std::string& account_id) {
  if (it_.executor([self = shared_from_this(), account_id] { self->look(account_id); })) return;
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(account_id);
  if (found == places_.end()) return;
  found->second.looking = false;
  found->second.look_due = true;
}

void AgentDesk::Desk::look(const std::string& account_id) {
  do {
    const auto errand = begin_look(account_id);
    if (!errand) return;
    Deliveries deliveries;
    conclude(account_id, find_out(account_id, *errand), deliveries);
    // Before the next look may begin, so that nobody hears of things in another order than they happened.
    deliver(deliveries);
  } while (!end_look(account_id));
}

std::optional<AgentDesk::Desk::Errand> AgentDesk::Desk::begin_look(const std::string& account_id) {
  const std::lock_guard lock(mutex_);
  Place& place = places_[account_id];
  if (closed_ || place.waiters.empty()) {
    place.looking = false;
    return std::nullopt;
  }
  place.look_again = false;
  place.look_due = false;
  place.last_look = now();
  return Errand{place.account, place.agent, place.recorded,
                now() < place.dead_until ? place.dead_process : std::string{}};
}

AgentDesk::Desk::Finding AgentDesk::Desk::find_out(const std::string& account_id,
                                                   const Errand& errand) {
  Finding finding;
  finding.recorded = errand.recorded;
  try {
    if (!errand.recorded || !errand.agent) {
      if (!begin_wake(account_id, errand, finding)) return finding;
    } else {
      finding.row = own_row(account_id, *errand.agent);
      finding.vanished = !finding.row;
    }
    if (!finding.row) return finding;
    finding.refusal = refused_by_spec(*finding.row);
    if (!finding.refusal && is_reachable(*finding.row)) claim(errand, finding);
  } catch (const StoreError&) {
    finding = Finding{};
    finding.recorded = errand.recorded;
    finding.database_away = true;
  } catch (const DecryptError&) {
    finding.refusal = desk_refusal::unreadable_token();
  }
  return finding;
}

// The first look of a wake: the row is there, nothing in it forbids it, and the wish is on record. False: `finding` says
// all there is to say.
bool AgentDesk::Desk::begin_wake(const std::string& account_id, const Errand& errand,
                                 Finding& finding) {
  auto row = it_.settings.find_user_agent(account_id);
  const bool configured = [&] {
    if (row && is_reachable(*row)) return true;
    const auto providers = it_.settings.list_providers(account_id);
    return std::any_of(providers.begin(), providers.end(),
                       [](const ProviderRow& provider) { return provider.active; });
  }();
  if (!configured) {
    finding.refusal = row && refused_by_spec(*row) ? refused_by_spec(*row)
                                                   : std::optional(desk_refusal::no_provider());
    return false;
  }
  if (!row) row = ensure_user_agent(it_.settings, it_.secrets, errand.account);
  if (!row) {
    finding.refusal = desk_refusal::no_agent_made();
    return false;
  }
  finding.refusal = refused_by_spec(*row);
  if (finding.refusal) return false;
  // Before the wish is written, so that no notification about it is taken for somebody else's.
  note_agent(account_id, row->key);
  if (!is_reachable(*row)) {
    finding.hold = it_.ledger.hold(row->key, AgentUse::waiting);
    it_.ledger.record(row->key);
    finding.recorded = true;
  }
  finding.row = std::move(row);
  return true;
}

// The row says that it answers. With the turn on record, the row is read once more: what it says now stays true.
bool AgentDesk::Desk::claim(const Errand& errand, Finding& finding) {
  const ResourceKey agent = finding.row->key;
  finding.distrusted = process_of(*finding.row) == errand.dead_process;
  if (finding.distrusted) return false;
  ActivityLedger::Hold hold = it_.ledger.hold_in_force(agent);
  if (!hold) {
    hold = it_.ledger.hold(agent, AgentUse::turn);
    if (!hold) {
      finding.refusal = desk_refusal::too_many_held();
      return false;
    }
    it_.ledger.record(agent);
    finding.recorded = true;
  }
  finding.row = own_row(errand.account.id, agent);
  finding.vanished = !finding.row;
  if (!finding.row || !is_reachable(*finding.row)) return false;
  finding.address = address_of(*finding.row);
  finding.hold = std::move(hold);
  return true;
}

// Nothing when they have another one by now.
std::optional<AgentRow> AgentDesk::Desk::own_row(const std::string& account_id,
                                                 const ResourceKey& agent) {
  auto row = it_.settings.find_user_agent(account_id);
  if (row && row->key != agent) row.reset();
  return row;
}

std::shared_ptr<const AgentAddress> AgentDesk::Desk::address_of(const AgentRow& row) const {
  return std::make_shared<const AgentAddress>(AgentAddress{
      row.key, row.status.endpoint, it_.secrets.decrypt(row.gateway_token), process_of(row)});
}

void AgentDesk::Desk::note_agent(const std::string& account_id, const ResourceKey& agent) {
  const std::lock_guard lock(mutex_);
  Place& place = places_[account_id];
  if (place.agent == agent) return;
  forget_agent(place);
  place.agent = agent;
  owners_[agent] = account_id;
}

void AgentDesk::Desk::forget_agent(Place& place) {
  if (place.agent) owners_.erase(*place.agent);
  place.agent.reset();
  place.address.reset();
}

// --- what follows from it ---

void AgentDesk::Desk::conclude(const std::string& account_id, Finding finding,
                               Deliveries& deliveries) {
  const std::lock_guard lock(mutex_);
  Place& place = places_[account_id];
  // Whoever cancelled meanwhile wants nothing of it.
  if (place.waiters.empty() || closed_) return;
  if (place.look_again && finding.address) {
    // It moved while we looked: the address may be old already.
    place.recorded = finding.recorded;
    return;
  }
  apply(place, finding, deliveries);
}

// False: look again at once.
bool AgentDesk::Desk::end_look(const std::string& account_id) {
  const std::lock_guard lock(mutex_);
  Place& place = places_[account_id];
  if (place.look_again && !place.waiters.empty() && !closed_) return false;
  place.looking = false;
  return true;
}

void AgentDesk::Desk::apply(Place& place, Finding& finding, Deliveries& deliveries) {
  place.recorded = finding.recorded;
  if (finding.database_away) {
    if (!place.database_away_since) place.database_away_since = now();
    if (now() - *place.database_away_since >= database_patience)
      refuse(place, desk_refusal::database_away(), deliveries);
    return;
  }
  place.database_away_since.reset();
  if (finding.refusal) return refuse(place, *finding.refusal, deliveries);
  if (finding.vanished) {
    // Deleted while people wait: the next look makes a new one.
    place.waiting.release();
    forget_agent(place);
    place.recorded = false;
    place.look_due = true;
    return;
  }
  if (finding.address) return give_seats(place, finding, deliveries);
  if (!place.waiting) {
    place.waiting = finding.hold ? std::move(finding.hold)
                                 : it_.ledger.hold(finding.row->key, AgentUse::waiting);
  }
  if (const auto refusal = verdict(place, *finding.row)) return refuse(place, *refusal, deliveries);
  WakeProgress progress = progress_of(*finding.row, it_.clock.now());
  if (finding.distrusted) {
    progress.reason = "Unreachable";
    progress.message = "it does not answer; looking whether it is started again";
  }
  tell(place, progress, deliveries);
}

// A failure that stood in the row when the wake began may be over: the controller has just been told to look. It counts
// when it is written anew, or still stands after the grace.
std::optional<DeskRefusal> AgentDesk::Desk::verdict(Place& place, const AgentRow& row) {
  const auto refusal = refused_by_status(row, it_.clock.now());
  const std::string signature = refusal ? failure_signature(row) : std::string{};
  if (!place.first_failure) place.first_failure = signature;
  if (!refusal) return std::nullopt;
  const bool old = signature == *place.first_failure;
  if (old && now() - place.wake_began < settings_.failure_grace) return std::nullopt;
  return refusal;
}

void AgentDesk::Desk::tell(Place& place, const WakeProgress& progress, Deliveries& deliveries) {
  place.progress = progress;
  for (Waiter& waiter : place.waiters) {
    if (waiter.told == progress) continue;
    waiter.told = progress;
    if (!waiter.callbacks->on_progress) continue;
    deliveries.push_back(
        [callbacks = waiter.callbacks, progress] { callbacks->on_progress(progress); });
  }
}

void AgentDesk::Desk::give_seats(Place& place, Finding& finding, Deliveries& deliveries) {
  place.address = finding.address;
  place.dead_process.clear();
  auto waiters = std::exchange(place.waiters, {});
  waiters_ -= waiters.size();
  for (const Waiter& waiter : waiters) {
    // The hold of the look is on record, so every further one of the same agent is too.
    auto hold = finding.hold ? std::move(finding.hold) : it_.ledger.hold(finding.address->agent);
    // std::function wants to be copied; the seat does not.
    auto seat = std::make_shared<AgentSeat>(AgentSeat{finding.address, std::move(hold)});
    deliveries.push_back(
        [callbacks = waiter.callbacks, seat] { callbacks->on_seat(std::move(*seat)); });
  }
  end_wake(place);
}

void AgentDesk::Desk::refuse(Place& place, const DeskRefusal& refusal, Deliveries& deliveries) {
  auto waiters = std::exchange(place.waiters, {});
  waiters_ -= waiters.size();
  for (const Waiter& waiter : waiters) {
    deliveries.push_back(
        [callbacks = waiter.callbacks, refusal] { callbacks->on_refused(refusal); });
  }
  end_wake(place);
}

void AgentDesk::Desk::end_wake(Place& place) {
  place.waiting.release();
  place.recorded = false;
  place.first_failure.reset();
  place.database_away_since.reset();
  place.progress = {};
  place.look_due = false;
}

void AgentDesk::Desk::expire_waiters(Place& place, Deliveries& deliveries) {
  const auto expired = [&](const Waiter& waiter) {
    return now() - waiter.since >= settings_.longest_wait;
  };
  for (const Waiter& waiter : place.waiters) {
    if (!expired(waiter)) continue;
    deliveries.push_back(
        [callbacks = waiter.callbacks, refusal = desk_refusal::not_awake_in_time(place.progress)] {
          callbacks->on_refused(refusal);
        });
  }
  const auto gone = std::erase_if(place.waiters, expired);
  waiters_ -= gone;
  if (gone > 0 && place.waiters.empty()) end_wake(place);
}

// A place that says nothing any more goes, and so does what is beyond the bound.
void AgentDesk::Desk::tidy() {
  if (now() - last_tidied_ < tidy_interval && places_.size() <= settings_.remembered) return;
  last_tidied_ = now();
  for (auto at = places_.begin(); at != places_.end();) {
    Place& place = at->second;
    const bool needed = !place.waiters.empty() || place.looking || now() < place.dead_until;
    const bool kept = place.address && places_.size() <= settings_.remembered;
    if (needed || kept) {
      ++at;
    } else {
      forget_agent(place);
      at = places_.erase(at);
    }
  }
}

// --- the public face ---

AgentDesk::Ticket::Ticket(Ticket&& other) noexcept
    : desk_(std::exchange(other.desk_, nullptr)),
      account_id_(std::move(other.account_id_)),
      number_(other.number_) {}

AgentDesk::Ticket& AgentDesk::Ticket::operator=(Ticket&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  desk_ = std::exchange(other.desk_, nullptr);
  account_id_ = std::move(other.account_id_);
  number_ = other.number_;
  return *this;
}

void AgentDesk::Ticket::cancel() noexcept {
  if (auto* desk = std::exchange(desk_, nullptr)) desk->cancel(account_id_, number_);
}

AgentDesk::AgentDesk(DeskDependencies dependencies, DeskSettings settings)
    : desk_(std::make_shared<Desk>(std::move(dependencies), settings)) {}

AgentDesk::~AgentDesk() { close(); }

std::optional<AgentSeat> AgentDesk::seat_at_once(const Account& account) {
  return desk_->seat_at_once(account);
}

std::variant<AgentDesk::Ticket, DeskRefusal> AgentDesk::wait(const Account& account,
                                                             WaitCallbacks callbacks) {
  auto outcome = desk_->wait(account, std::move(callbacks));
  if (auto* refusal = std::get_if<DeskRefusal>(&outcome)) return std::move(*refusal);
  return Ticket(*this, account.id, std::get<std::uint64_t>(outcome));
}

void AgentDesk::cancel(const std::string& account_id, std::uint64_t number) noexcept {
  desk_->cancel(account_id, number);
}

void AgentDesk::report_unreachable(const std::string& account_id, const AgentAddress& address) {
  desk_->report_unreachable(account_id, address);
}

void AgentDesk::tick() { desk_->tick(); }
void AgentDesk::close() { desk_->close(); }
void AgentDesk::on_status_moved(const ResourceKey& key) { desk_->status_moved(key); }
void AgentDesk::on_statuses_missed() { desk_->statuses_missed(); }
std::size_t AgentDesk::waiters() const { return desk_->waiters(); }

}  // namespace mosaic
