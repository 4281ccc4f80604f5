#include "test/simulation/simulation.hpp"

#include <algorithm>
#include <utility>

namespace mosaic::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int deepest = 4;
constexpr std::uint64_t most_steps = 300'000;

// Deriving its keys takes longer than a run.
const SecretBox& test_box() {
  static const SecretBox box("this-is-a-test-secret-key-with-32+chars");
  return box;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, const History& history, bool readable)
    : engine_(clock_, store_.instance_id(), [this](Duration time) { clock_.advance(time); }),
      box_(test_box()),
      trace_(clock_, readable),
      random_(seed),
      seed_(seed),
      begin_(clock_.steady_now()),
      history_(history) {
  for (int agent = 0; agent < agents; ++agent) {
    Person& person = people_.at(static_cast<std::size_t>(agent));
    const bool user = agent < user_agents;
    person.name = (user ? "user-" : "system-") + std::to_string(agent);
    person.kind = user ? ResourceKind::user_container : ResourceKind::system_container;
    if (user) give_provider(person.name, 0);
  }
  store_.put_breakglass_user("admin", true);
  give_provider("admin", 0);
  for (const auto& [name, value] : {std::pair{"fleet.image", "agent:1"},
                                    {"fleet.drainLimitMin", "1"},
                                    {"fleet.stopGraceSec", "10"},
                                    {"fleet.startDeadlineSec", "60"}})
    store_.put_setting(name, value);
  engine_.set_image("agent:1", ImageAvailability::present);
  engine_.set_image("agent:2", ImageAvailability::present);
  engine_.set_nodes({nodes.begin(), nodes.end()});
  engine_.set_copy(copy_time, false);
  engine_.set_configuration_source(
      [this](const ResourceKey& key) { return configuration_of(key); });
  engine_.watch(*this);
  store_.set_listener(this);
  store_.set_status_listener(this);
}

Simulation::~Simulation() {
  store_.set_listener(nullptr);
  store_.set_status_listener(nullptr);
  engine_.stop_watching();
  for (auto& slot : controllers_) {
    if (slot.running) slot.running->process().dead = true;
  }
}

RunResult Simulation::run() {
  SteadyTime end = begin_ + seconds(5);
  for (const Step& step : history_) end = std::max(end, begin_ + step.at + step.lasts);
  run_until(end + seconds(5));
  if (!over()) heal();
  if (!over()) converge();
  if (!over()) check_stability();
  if (!over()) check_service();
  for (const auto& slot : gateways_) {
    if (slot.running) turns_ += slot.running->seats_given();
  }
  return RunResult{invariants_.violation(), trace_.hash(), steps_, calls_, turns_, trace_.lines()};
}

int Simulation::up_to(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

// --- time and order ---

void Simulation::run_until(SteadyTime end) {
  if (latest_) end = std::min(end, *latest_);
  while (!over() && clock_.steady_now() < end) {
    if (work_once()) {
      if (++steps_ > most_steps) invariants_.fail("liveness", "it never comes to rest");
      continue;
    }
    advance_to(std::min(end, next_due()));
  }
}

void Simulation::advance_to(SteadyTime time) {
  const auto wait = std::chrono::ceil<milliseconds>(time - clock_.steady_now());
  clock_.advance(std::max(wait, milliseconds(1)));
}

// False: nothing is to be done before the next moment.
bool Simulation::work_once() {
  bury();
  revive();
  if (apply_due_steps()) return true;
  const auto due = engine_.next_due();
  if (due && *due <= clock_.now()) engine_.settle();
  if (const auto mutations = engine_.mutation_count(); mutations != checked_mutations_) {
    checked_mutations_ = mutations;
    invariants_.check_engine();
  }
  if (deliver_hints()) return true;
  const auto first = static_cast<std::size_t>(up_to(controllers + gateways - 1));
  for (std::size_t i = 0; i < controllers + gateways; ++i) {
    const std::size_t which = (first + i) % (controllers + gateways);
    const auto choice = static_cast<unsigned>(up_to(9));
    if (which < controllers) {
      auto& slot = controllers_.at(which);
      if (slot.running && slot.running->step(choice)) return true;
    } else {
      auto& slot = gateways_.at(which - controllers);
      if (slot.running && slot.running->step(choice)) return true;
    }
  }
  return false;
}

SteadyTime Simulation::next_due() const {
  const SteadyTime now = clock_.steady_now();
  SteadyTime due = now + std::chrono::minutes(1);
  if (next_step_ < history_.size()) due = std::min(due, begin_ + history_[next_step_].at);
  for (const auto& open : open_) due = std::min(due, open.ends_at);
  for (const auto& hint : hints_) due = std::min(due, hint.due);
  if (const auto engine = engine_.next_due()) due = std::min(due, now + (*engine - clock_.now()));
  for (const auto& slot : controllers_) {
    if (!slot.running) due = std::min(due, slot.back_at);
    if (slot.running && !slot.running->process().paused && !slot.running->process().dead &&
        !slot.running->process().ending)
      due = std::min(due, slot.running->next_due());
  }
  for (const auto& slot : gateways_) {
    if (!slot.running) due = std::min(due, slot.back_at);
    if (slot.running && !slot.running->process().dead)
      due = std::min(due, slot.running->next_due());
  }
  return due;
}

// Everybody else goes on for that long. `before_effect`: of a call on the engine, which must have had its effect before
// the lease can be another's.
void Simulation::pass_time(Duration time, bool before_effect) {
  if (depth_ >= deepest) return clock_.advance(milliseconds(1));
  const SteadyTime end = clock_.steady_now() + time;
  const auto outer = latest_;
  if (before_effect) latest_ = latest_ ? std::min(*latest_, end) : end;
  ++depth_;
  run_until(end);
  --depth_;
  latest_ = outer;
}

// --- processes come and go ---

void Simulation::revive() {
  const SteadyTime now = clock_.steady_now();
  for (std::size_t i = 0; i < controllers_.size(); ++i) {
    auto& slot = controllers_.at(i);
    if (slot.running || now < slot.back_at) continue;
    const std::string name = "controller-" + std::to_string(i) + "." + std::to_string(++slot.lives);
    trace_.note({name, "begins"});
    const ControllerWorld world{
        clock_,
        store_,
        engine_,
        box_,
        *this,
        invariants_,
        [this] { return partial_lists_ > 0 && chance(30); },
        [this](const ResourceKey& key, const ProbeTarget& target) { return answers(key, target); },
        [this] { return keys(); }};
    slot.running = std::make_unique<ControllerProcess>(world, name, seed_ + i);
    slot.running->set_calm(calm_);
  }
  for (std::size_t i = 0; i < gateways_.size(); ++i) {
    auto& slot = gateways_.at(i);
    if (slot.running || now < slot.back_at) continue;
    const std::string name = "gateway-" + std::to_string(i) + "." + std::to_string(++slot.lives);
    trace_.note({name, "begins"});
    const GatewayWorld world{
        clock_, store_, settings_, box_, *this, invariants_, [this](const std::string& owner) {
          return next_id(owner);
        }};
    slot.running = std::make_unique<GatewayProcess>(world, name);
  }
}

void Simulation::bury() {
  for (auto& slot : controllers_) {
    if (!slot.running) continue;
    Process& process = slot.running->process();
    if (slot.to_end_in_order && process.on_stack == 0 && !process.dead && !process.paused) {
      slot.to_end_in_order = false;
      trace_.note({process.name, "ends in order"});
      const OnStack on_stack(process);
      slot.running->end_in_order();
    }
    // Somebody may have killed it, buried it and begun another one while it gave its lease back.
    if (!slot.running || !slot.running->process().dead) continue;
    slot.to_end_in_order = false;
    slot.back_at = clock_.steady_now() + slot.downtime;
    dead_controllers_.push_back(std::move(slot.running));
  }
  for (auto& slot : gateways_) {
    if (!slot.running || !slot.running->process().dead) continue;
    slot.back_at = clock_.steady_now() + slot.downtime;
    turns_ += slot.running->seats_given();
    dead_gateways_.push_back(std::move(slot.running));
  }
  std::erase_if(dead_controllers_, [](const auto& dead) { return dead->process().on_stack == 0; });
  std::erase_if(dead_gateways_, [](const auto& dead) { return dead->process().on_stack == 0; });
}

// --- hints: events of the engine, notifications of the database ---

bool Simulation::deliver_hints() {
  const SteadyTime now = clock_.steady_now();
  const auto due =
      std::find_if(hints_.begin(), hints_.end(), [&](const Hint& hint) { return hint.due <= now; });
  if (due == hints_.end()) return false;
  const auto deliver = std::move(due->deliver);
  hints_.erase(due);
  deliver();
  return true;
}

void Simulation::hint(bool fallible, std::function<void()> deliver) {
  const SteadyTime now = clock_.steady_now();
  if (!fallible) return hints_.push_back(Hint{now, std::move(deliver)});
  if (events_lost_ > 0) return;
  const SteadyTime due = now + milliseconds(events_late_ > 0 ? up_to(10'000) : 0);
  if (events_doubled_ > 0) hints_.push_back(Hint{due + milliseconds(up_to(2'000)), deliver});
  if (events_reversed_ > 0) {
    hints_.push_front(Hint{due, std::move(deliver)});
  } else {
    hints_.push_back(Hint{due, std::move(deliver)});
  }
}

void Simulation::on_agent_changed(const ResourceKey& key) {
  for (auto& slot : controllers_) {
    hint(true, [&slot, key] {
      auto* listener = slot.running ? slot.running->engine_listener() : nullptr;
      if (listener != nullptr) listener->on_agent_changed(key);
    });
  }
}

void Simulation::on_image_changed(const std::string& image) {
  for (auto& slot : controllers_) {
    hint(true, [&slot, image] {
      auto* listener = slot.running ? slot.running->engine_listener() : nullptr;
      if (listener != nullptr) listener->on_image_changed(image);
    });
  }
}

// What a driver finds out by itself is not lost with the engine's events.
void Simulation::on_events_missed() {
  for (auto& slot : controllers_) {
    hint(false, [&slot] {
      auto* listener = slot.running ? slot.running->engine_listener() : nullptr;
      if (listener != nullptr) listener->on_events_missed();
    });
  }
}

void Simulation::on_engine_reachable(bool reachable) {
  for (auto& slot : controllers_) {
    hint(false, [&slot, reachable] {
      auto* listener = slot.running ? slot.running->engine_listener() : nullptr;
      if (listener != nullptr) listener->on_engine_reachable(reachable);
    });
  }
}

void Simulation::on_row_changed(const ResourceKey& key, ChangeUrgency urgency) {
  if (notifications_lost_ > 0) return;
  for (auto& slot : controllers_) {
    hint(false, [&slot, key, urgency] {
      if (slot.running) slot.running->change_listener().on_row_changed(key, urgency);
    });
  }
}

void Simulation::on_settings_changed() {
  if (notifications_lost_ > 0) return;
  for (auto& slot : controllers_) {
    hint(false, [&slot] {
      if (slot.running) slot.running->change_listener().on_settings_changed();
    });
  }
}

void Simulation::on_relist_needed() {
  for (auto& slot : controllers_) {
    hint(false, [&slot] {
      if (slot.running) slot.running->change_listener().on_relist_needed();
    });
  }
}

void Simulation::on_status_moved(const ResourceKey& key) {
  if (notifications_lost_ > 0) return;
  for (auto& slot : gateways_) {
    hint(false, [&slot, key] {
      if (slot.running) slot.running->status_listener().on_status_moved(key);
    });
  }
}

void Simulation::on_statuses_missed() {
  for (auto& slot : gateways_) {
    hint(false, [&slot] {
      if (slot.running) slot.running->status_listener().on_statuses_missed();
    });
  }
}

}  // namespace mosaic::simulation
