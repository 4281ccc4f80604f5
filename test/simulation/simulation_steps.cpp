// What each step of a history does.
#include <algorithm>
#include <utility>

#include "model/naming.hpp"
#include "test/simulation/simulation.hpp"

namespace mosaic::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::array<int, 6> exit_codes{1, 0, 137, 78, 75, 77};

int exit_code_of(const Step& step) {
  return exit_codes.at(static_cast<std::size_t>(step.detail) % exit_codes.size());
}

}  // namespace

bool Simulation::apply_due_steps() {
  const SteadyTime now = clock_.steady_now();
  const auto ended = std::find_if(open_.begin(), open_.end(),
                                  [&](const OpenStep& open) { return open.ends_at <= now; });
  if (ended != open_.end()) {
    const auto end = std::move(ended->end);
    open_.erase(ended);
    end();
    return true;
  }
  if (next_step_ >= history_.size() || begin_ + history_[next_step_].at > now) return false;
  const std::size_t number = next_step_++;
  trace_.note({"--", describe(history_[number])});
  apply(history_[number], static_cast<int>(number));
  return true;
}

void Simulation::until(const Step& step, std::function<void()> end) {
  open_.push_back(OpenStep{clock_.steady_now() + step.lasts, std::move(end)});
}

void Simulation::apply(const Step& step, int number) {
  if (step.kind <= StepKind::chat) {
    begin_people_step(step, number);
  } else if (step.kind <= StepKind::human_removes_network) {
    begin_container_step(step);
  } else if (step.kind == StepKind::crash || step.kind == StepKind::pause ||
             step.kind == StepKind::hand_over || step.kind == StepKind::crash_gateway) {
    begin_process_step(step);
  } else {
    begin_world_step(step);
  }
}

// --- rows ---

std::string Simulation::token_of(const std::string& owner) {
  return "token-of-" + owner + "-0123456789abcdef0123456789abcdef0123456789abcdef";
}

std::optional<ResourceKey> Simulation::row_of(int agent) {
  const Person& person = people_.at(static_cast<std::size_t>(agent));
  for (const auto& id : person.ids) {
    ResourceKey key(person.kind, id);
    if (store_.find_agent(key)) return key;
  }
  return std::nullopt;
}

// Of what may be on the engine although its row is gone.
ResourceKey Simulation::newest_key(int agent) const {
  const Person& person = people_.at(static_cast<std::size_t>(agent));
  return {person.kind, person.ids.empty() ? "nobody" : person.ids.back()};
}

std::vector<ResourceKey> Simulation::keys() const {
  std::vector<ResourceKey> all;
  for (const auto& person : people_) {
    for (const auto& id : person.ids) all.emplace_back(person.kind, id);
  }
  return all;
}

std::string Simulation::next_id(const std::string& owner) {
  auto& person = *std::find_if(people_.begin(), people_.end(),
                               [&](const Person& candidate) { return candidate.name == owner; });
  const std::string id = owner + "." + std::to_string(person.ids.size() + 1);
  person.ids.push_back(id);
  const ResourceKey key(person.kind, id);
  boot_times_[key] = milliseconds(500 + up_to(5'000));
  engine_.set_term_delay(key, milliseconds(up_to(3'000)));
  engine_.set_fetch_delay(key, boot_times_[key] / 2);
  return id;
}

void Simulation::create(int agent, bool under_former_id) {
  Person& person = people_.at(static_cast<std::size_t>(agent));
  if (row_of(agent)) return;
  AgentRow row;
  row.key = ResourceKey(person.kind, under_former_id && !person.ids.empty() ? person.ids.back()
                                                                            : next_id(person.name));
  row.owner = person.name;
  const bool user = person.kind == ResourceKind::user_container;
  row.container_name = user ? "mosaic-user-" + encode_owner(person.name) : person.name;
  row.role = user ? "" : "helper";
  row.gateway_token = box_.encrypt(token_of(person.name));
  row.idle_timeout = seconds(20);
  invariants_.add_secret(token_of(person.name));
  invariants_.row_begins(row.key);
  store_.insert_agent(row, {});
}

void Simulation::replace_token(const ResourceKey& key, const std::string& word) {
  const std::string token = token_of(word);
  const std::string encrypted = box_.encrypt(token);
  invariants_.token_asked_for(encrypted, token);
  store_.replace_token(key, encrypted);
}

void Simulation::give_persona(const ResourceKey& key, const std::string& owner,
                              const std::string& personality) {
  FakeAgentConfig config;
  config.personality = personality;
  if (key.kind == ResourceKind::user_container) {
    store_.put_user_config(owner, config);
  } else {
    store_.put_system_config(key.name, config);
  }
}

void Simulation::try_persona(const Step& step, const ResourceKey& key, const std::string& owner) {
  const std::string before = store_.find_config_source(key)->personality;
  give_persona(key, owner, "Is tried out.");
  until(step, [this, key, owner, before] {
    invariants_.disturbed(key);
    give_persona(key, owner, before);
  });
}

void Simulation::give_provider(const std::string& owner, int detail) {
  ProviderRow provider;
  provider.id = "provider-" + owner;
  provider.owner = owner;
  provider.name = "local";
  provider.display_name = "Local";
  provider.type = "ollama";
  provider.base_url = "http://192.0.2." + std::to_string(1 + detail % 3) + ":11434";
  provider.models_json = R"([{"id":"cogito","name":"cogito"}])";
  provider.api_type = "openai-completions";
  store_.put_provider(provider);
}

void Simulation::change_setting(int detail) {
  static constexpr std::array<std::pair<const char*, const char*>, 12> changes{
      {{"fleet.sleep.pause", "true"},
       {"fleet.sleep.pause", "true"},
       {"fleet.sleep.pause", "false"},
       {"fleet.sleep.hibernate", "true"},
       {"fleet.sleep.hibernate", "false"},
       {"fleet.sleep.hibernateAfterMin", "1"},
       {"fleet.sleep.stopAfterMin", "1"},
       {"fleet.sleep.pausedMemoryMb", "2000"},
       {"fleet.maxRunningAgents", "2"},
       {"fleet.memoryBudgetMb", "3500"},
       {"fleet.image", "agent:2"},
       {"fleet.image", "agent:1"}}};
  const auto& [key, value] = changes.at(static_cast<std::size_t>(detail) % changes.size());
  store_.put_setting(key, value);
  invariants_.everything_disturbed();
}

void Simulation::begin_people_step(const Step& step, int number) {
  Person& person = people_.at(static_cast<std::size_t>(step.subject));
  if (step.kind == StepKind::create) return create(step.subject, step.detail % 2 == 1);
  if (step.kind == StepKind::change_setting) return change_setting(step.detail);
  if (step.kind == StepKind::chat) {
    auto& slot = gateways_.at(static_cast<std::size_t>(step.detail % gateways));
    if (!slot.running || slot.running->process().dead) return;
    slot.running->chat(number, person.name);
    return until(step, [&slot, number] {
      if (slot.running) slot.running->leave(number);
    });
  }
  const auto key = row_of(step.subject);
  if (!key) return;
  const bool user = person.kind == ResourceKind::user_container;
  if (step.kind != StepKind::touch) invariants_.disturbed(*key);
  switch (step.kind) {
    case StepKind::delete_row:
      store_.delete_agent(*key);
      return;
    case StepKind::request_deletion:
      if (step.detail % 2 == 1) invariants_.asked_for_purge(*key);
      store_.request_deletion(*key, step.detail % 2 == 1, clock_.now());
      return;
    case StepKind::request_restart:
      store_.request_restart(*key, clock_.now());
      return;
    case StepKind::replace_token:
      return replace_token(*key, person.name + "-" + std::to_string(number));
    case StepKind::move:
      if (step.detail % 4 == 3) invariants_.may_leave_state(*key);
      store_.request_move(*key, nodes.at(static_cast<std::size_t>(step.detail / 4 % 2)),
                          step.detail % 4 == 3);
      return;
    case StepKind::desire:
      if (user) {
        store_.set_desired_state(*key, static_cast<DesiredState>(step.detail % 3));
      } else {
        store_.edit_agent(*key, [&](AgentRow& row) { row.active = step.detail % 3 != 0; });
      }
      return;
    case StepKind::change_spec:
      store_.edit_agent(*key, [&](AgentRow& row) {
        row.image = step.detail % 2 == 1 ? "agent:2" : "";
        if (step.detail % 3 == 1) row.memory_mb = 1000 + 500 * (step.detail % 4);
      });
      return;
    case StepKind::change_persona:
      return give_persona(*key, person.name,
                          "Speaks with voice " + std::to_string(step.detail % 3) + ".");
    case StepKind::try_persona:
      return try_persona(step, *key, person.name);
    case StepKind::change_provider:
      return give_provider(user ? person.name : "admin", step.detail);
    case StepKind::rename_container:
      store_.edit_agent(*key, [&](AgentRow& row) {
        row.container_name = person.name + "-named-" + std::to_string(step.detail % 2);
      });
      return;
    case StepKind::touch:
      store_.touch(*key, clock_.now());
      return;
    default:
      return;
  }
}

// --- containers ---

void Simulation::begin_container_step(const Step& step) {
  const ResourceKey key = row_of(step.subject).value_or(newest_key(step.subject));
  invariants_.disturbed(key);
  switch (step.kind) {
    case StepKind::container_ends:
      return engine_.exit_container(key, exit_code_of(step), step.detail == 2);
    case StepKind::human_stops:
      return engine_.human_stops(key);
    case StepKind::human_removes:
      return engine_.human_removes(key);
    case StepKind::human_pauses:
      return engine_.human_pauses(key);
    case StepKind::human_unpauses:
      return engine_.human_unpauses(key);
    case StepKind::human_starts:
      return engine_.human_starts(key);
    case StepKind::human_removes_network:
      return engine_.human_removes_network(key);
    default:
      return;
  }
}

bool Simulation::answers(const ResourceKey& key, const ProbeTarget& target) const {
  const auto container = engine_.find_container(target.container_id);
  if (!container || container->view.state != ContainerState::running ||
      container->view.started_at != target.started_at)
    return false;
  const auto hanging = hanging_.find(key);
  if (hanging != hanging_.end() && hanging->second > 0) return false;
  const auto boot = boot_times_.find(key);
  return boot == boot_times_.end() || clock_.now() >= target.started_at + boot->second;
}

void Simulation::place_foreign_container(const Step& step) {
  const auto key = row_of(step.subject);
  const auto row = key ? store_.find_agent(*key) : std::nullopt;
  if (!row) return;
  for (const auto& container : engine_.containers()) {
    if (container.view.name == row->container_name) return;
  }
  const std::string id = engine_.add_container(
      row->container_name, step.detail % 2 == 1 ? "" : "feedfeedfeedfeedfeedfeedfeedfeed");
  until(step, [this, id] { engine_.human_removes_container(id); });
}

// --- engine, database and the ways to them ---

void Simulation::fail_over(const Step& step) {
  if (std::exchange(failing_over_, true)) return;
  until(step, [this, restore = store_.picture()] {
    trace_.note({"the database fails over"});
    failing_over_ = false;
    restore();
    invariants_.failed_over();
    // Every connection was lost, and whoever listens begins anew.
    on_relist_needed();
    on_statuses_missed();
  });
}

void Simulation::begin_world_step(const Step& step) {
  const auto open = [&](int& counter) {
    ++counter;
    until(step, [&counter] { --counter; });
  };
  const ResourceKey key = step.subject < agents
                              ? row_of(step.subject).value_or(newest_key(step.subject))
                              : ResourceKey{};
  switch (step.kind) {
    case StepKind::engine_restarts:
      invariants_.everything_disturbed();
      return engine_.restart_engine();
    case StepKind::engine_away:
      engine_.set_down(true);
      ++engine_away_;
      return until(step, [this] {
        if (--engine_away_ == 0) engine_.set_down(false);
      });
    case StepKind::node_away: {
      const std::string node = nodes.at(static_cast<std::size_t>(step.detail % 2));
      if (++nodes_away_[node] == 1) engine_.set_node_away(node, true);
      return until(step, [this, node] {
        if (--nodes_away_[node] == 0) engine_.set_node_away(node, false);
      });
    }
    case StepKind::copies_fail:
      if (++failing_copies_ == 1) engine_.set_copy(copy_time, true);
      return until(step, [this] {
        if (--failing_copies_ == 0) engine_.set_copy(copy_time, false);
      });
    case StepKind::crash_loop:
      invariants_.disturbed(key);
      engine_.set_exit_on_start(key, exit_code_of(step));
      return until(step, [this, key] { engine_.set_exit_on_start(key, std::nullopt); });
    case StepKind::ignores_term:
      engine_.set_term_delay(key, std::nullopt);
      return until(step, [this, key] { engine_.set_term_delay(key, seconds(1)); });
    case StepKind::hangs:
      invariants_.disturbed(key);
      ++hanging_[key];
      return until(step, [this, key] {
        --hanging_[key];
        invariants_.disturbed(key);
      });
    case StepKind::image_missing:
      ++images_missing_;
      engine_.set_image("agent:1", ImageAvailability::absent);
      engine_.set_pull("agent:1", FakeEngine::PullBehaviour{seconds(2), "no such host"});
      return until(step, [this] {
        if (--images_missing_ == 0) engine_.set_pull("agent:1", {seconds(3), ""});
      });
    case StepKind::foreign_container:
      return place_foreign_container(step);
    case StepKind::stale_view:
      if (stale_views_++ == 0) engine_.freeze_view();
      return until(step, [this] {
        if (--stale_views_ == 0) engine_.thaw_view();
      });
    case StepKind::partial_lists:
      return open(partial_lists_);
    case StepKind::events_lost:
      return open(events_lost_);
    case StepKind::events_doubled:
      return open(events_doubled_);
    case StepKind::events_reversed:
      return open(events_reversed_);
    case StepKind::events_late:
      return open(events_late_);
    case StepKind::database_away:
      return open(database_away_);
    case StepKind::notifications_lost:
      return open(notifications_lost_);
    case StepKind::fail_over:
      return fail_over(step);
    case StepKind::calls_fail:
      return open_window(step, &Process::calls_fail);
    case StepKind::errors_echo:
      return open_window(step, &Process::errors_echo);
    case StepKind::answers_lost:
      return open_window(step, &Process::answers_lost);
    case StepKind::slow:
      return open_window(step, &Process::slow);
    case StepKind::database_fails:
      return open_window(step, &Process::database_fails);
    case StepKind::commits_unknown:
      return open_window(step, &Process::commits_unknown);
    case StepKind::gateway_database_fails:
      return open_window(step, &Process::database_fails);
    default:
      return;
  }
}

// A window belongs to one life of a process.
void Simulation::open_window(const Step& step, int Process::*counter) {
  const bool gateway = step.kind == StepKind::gateway_database_fails;
  const auto subject = static_cast<std::size_t>(step.subject);
  const auto process_in = [this, gateway, subject]() -> Process* {
    if (gateway) {
      auto& slot = gateways_.at(subject);
      return slot.running ? &slot.running->process() : nullptr;
    }
    auto& slot = controllers_.at(subject);
    return slot.running ? &slot.running->process() : nullptr;
  };
  Process* process = process_in();
  if (process == nullptr) return;
  ++(process->*counter);
  if (step.kind == StepKind::calls_fail) process->failure = step.detail;
  until(step, [process_in, counter, name = process->name] {
    Process* present = process_in();
    if (present != nullptr && present->name == name) --(present->*counter);
  });
}

// --- processes ---

void Simulation::begin_process_step(const Step& step) {
  const auto subject = static_cast<std::size_t>(step.subject);
  if (step.kind == StepKind::crash_gateway) {
    auto& slot = gateways_.at(subject);
    if (!slot.running) return;
    slot.downtime = step.lasts;
    slot.running->process().dead = true;
    return;
  }
  auto& slot = controllers_.at(subject);
  if (!slot.running) return;
  Process& process = slot.running->process();
  switch (step.kind) {
    case StepKind::crash:
      slot.downtime = step.lasts;
      process.crash_in_calls = step.detail;
      return;
    case StepKind::pause:
      process.pause_in_calls = step.detail;
      process.pause_lasts = step.lasts;
      return;
    default:
      slot.downtime = step.lasts;
      slot.to_end_in_order = true;
      return;
  }
}

}  // namespace mosaic::simulation
