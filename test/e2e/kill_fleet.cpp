#include "test/e2e/kill_fleet.hpp"

#include <algorithm>

namespace mosaic::e2e {
namespace {

constexpr const char* now = "now() AT TIME ZONE 'UTC'";

}  // namespace

KillFleet::KillFleet(Fleet& fleet, unsigned seed, int agents) : fleet_(fleet), random_(seed) {
  for (int number = 1; number <= agents; ++number)
    owners_.push_back("user" + std::to_string(number));
}

void KillFleet::create_all() {
  for (const auto& owner : owners_) create(owner);
}

void KillFleet::change_something() {
  ++changes_;
  const std::string& owner =
      owners_[static_cast<std::size_t>(pick(0, static_cast<int>(owners_.size()) - 1))];
  const auto found = std::find_if(agents_.begin(), agents_.end(),
                                  [&](const auto& agent) { return agent.second.owner == owner; });
  if (found == agents_.end()) {
    create(owner);
  } else {
    change(found->first);
  }
}

void KillFleet::create(const std::string& owner) {
  try {
    // Half of them have somebody waiting at once.
    add(owner, pick(0, 1) == 1);
  } catch (const pqxx::unique_violation&) {
    // the owner's former agent is still on its way out
  }
}

std::string KillFleet::add(const std::string& owner, bool awake) {
  const std::string id = "row" + std::to_string(++created_);
  fleet_.insert_user(id, owner);
  purged_.erase(owner);
  Agent agent;
  agent.owner = owner;
  agent.token = "token-of-" + id;
  agents_[id] = agent;
  if (awake) apply(id, Change::wake);
  return id;
}

std::function<void()> KillFleet::picture() {
  return [this, agents = agents_, purged = purged_, keepers = keepers_] {
    agents_ = agents;
    purged_ = purged;
    keepers_ = keepers;
  };
}

// Twelve in a hundred go away; the rest wakes, sleeps, restarts or changes its token or size.
void KillFleet::change(const std::string& id) {
  static constexpr std::pair<int, Change> up_to[] = {
      {28, Change::wake},    {40, Change::idle},   {52, Change::run},    {64, Change::stop},
      {74, Change::restart}, {81, Change::rotate}, {88, Change::resize}, {91, Change::remove},
      {94, Change::purge},   {100, Change::drop}};
  const int dice = pick(0, 99);
  for (const auto& [limit, what] : up_to) {
    if (dice < limit) return apply(id, what);
  }
}

void KillFleet::apply(const std::string& id, Change change) {
  Agent& agent = agents_.at(id);
  const std::string deletion = std::string("\"deletionRequestedAt\" = ") + now + ", \"purge\" = ";
  switch (change) {
    case Change::wake:
      fleet_.set_user(id, std::string("\"desiredState\" = 'auto', \"lastActiveAt\" = ") + now);
      agent.awake = true;
      return;
    case Change::idle:
      fleet_.set_user(id, std::string("\"desiredState\" = 'auto', \"lastActiveAt\" = ") + now +
                              " - interval '1 hour'");
      agent.awake = false;
      return;
    case Change::run:
      fleet_.set_user(id, R"("desiredState" = 'running')");
      agent.awake = true;
      return;
    case Change::stop:
      fleet_.set_user(id, R"("desiredState" = 'stopped')");
      agent.awake = false;
      return;
    case Change::restart:
      fleet_.set_user(id, std::string("\"restartedAt\" = ") + now);
      return;
    case Change::rotate:
      agent.token = "token-" + std::to_string(changes_) + "-of-" + id;
      agent.stored_token = fleet_.encrypt(agent.token);
      fleet_.set_user(id, "\"nextGatewayToken\" = '" + agent.stored_token + "'");
      return;
    case Change::resize:
      agent.memory_mb = agent.memory_mb == 64 ? 72 : 64;
      fleet_.set_user(id, "\"memoryMb\" = " + std::to_string(agent.memory_mb));
      return;
    case Change::remove:
      fleet_.set_user(id, deletion + "false");
      break;
    case Change::purge:
      fleet_.set_user(id, deletion + "true");
      purged_.insert(agent.owner);
      keepers_.erase(agent.owner);
      break;
    case Change::drop:
      fleet_.database().sql(R"(DELETE FROM "UserContainer" WHERE "id" = $1)", id);
      break;
  }
  agents_.erase(id);
}

std::string KillFleet::breach() {
  std::map<std::string, int> running;
  for (const auto& container : fleet_.engine().containers(fleet_.instance())) {
    if (!container.row.empty() && container.has_process() && ++running[container.row] > 1) {
      return "two containers of " + container.row + " run at once";
    }
  }
  return {};
}

std::string KillFleet::unsettled() {
  const auto containers = fleet_.engine().containers(fleet_.instance());
  if (auto complaint = unsettled_rows(containers); !complaint.empty()) return complaint;
  return leftovers(containers);
}

std::string KillFleet::unsettled_rows(const std::vector<SeenContainer>& containers) {
  const auto rows = fleet_.database().sql(
      R"(SELECT "id", "phase", coalesce("containerId", ''), "deletionRequestedAt" IS NOT NULL,
                coalesce("readyAt" >= "restartedAt", true), "restartCount", "generation" = "observedGeneration",
                coalesce("lastError", 'nothing is on record'), "nextGatewayToken", "gatewayToken"
         FROM "UserContainer")");
  if (rows.size() < agents_.size()) return "a row was lost";
  for (const auto& row : rows) {
    const auto id = row[0].as<std::string>();
    const auto phase = row[1].as<std::string>();
    const auto agent = agents_.find(id);
    if (agent == agents_.end()) return id + " is still being deleted (" + phase + ")";
    const auto has = std::count_if(containers.begin(), containers.end(),
                                   [&](const auto& one) { return one.row == id; });
    const auto runs = std::count_if(containers.begin(), containers.end(), [&](const auto& one) {
      return one.row == id && one.state == "running" && one.id == row[2].as<std::string>();
    });
    if (has > 1) return id + " has " + std::to_string(has) + " containers";
    if (!row[6].as<bool>(false)) return id + " was not looked at since it changed";
    if (!row[8].is_null()) return id + " has a token that is not in force yet";
    if (const auto& stored = agent->second.stored_token;
        !stored.empty() && row[9].as<std::string>() != stored)
      return id + " has another token in force than the last that was asked for";
    const std::string wanted = agent->second.awake ? "running" : "stopped";
    if (phase != wanted)
      return id + " is " + phase + " instead of " + wanted + " (" + fleet_.look(id)->message + ")";
    if (runs != (agent->second.awake ? 1 : 0))
      return id + " is " + phase + ", but its container is not";
    if (agent->second.awake && !row[4].as<bool>()) return id + " was not restarted";
    if (!forgives_ends_ && row[5].as<int>() != 0)
      return id + " is said to have ended by itself (" + row[7].as<std::string>() + ")";
  }
  return {};
}

std::string KillFleet::wrong_token(const std::string& id, const Agent& agent,
                                   const nlohmann::json& container) {
  const auto& environment = container.at("Config").at("Env");
  const bool its_own = std::find(environment.begin(), environment.end(),
                                 "AGENT_TOKEN=" + agent.token) != environment.end();
  return its_own ? "" : id + " runs with another token than its row has";
}

std::string KillFleet::leftovers(const std::vector<SeenContainer>& containers) {
  for (const auto& container : containers) {
    if (container.row.empty())
      return "the " + container.role + " container " + container.name + " was left behind";
    const auto agent = agents_.find(container.row);
    if (agent == agents_.end())
      return "container " + container.name + " (" + container.state + ") has no row";
    if (!agent->second.awake) continue;
    const auto inspected = fleet_.engine().inspect(container.id);
    if (auto complaint = wrong_token(container.row, agent->second, inspected); !complaint.empty())
      return complaint;
    const auto memory = inspected.at("HostConfig").at("Memory").get<std::int64_t>();
    if (memory != std::int64_t{agent->second.memory_mb} * 1024 * 1024)
      return container.row + " has another limit";
  }
  for (const auto& network : fleet_.engine().networks(fleet_.instance())) {
    if (!agents_.contains(network.row)) return "network " + network.name + " has no row";
  }
  return unsettled_volumes();
}

// Volumes follow owners: those of agents that ran must be there until a purge takes them.
std::string KillFleet::unsettled_volumes() {
  const auto names = fleet_.engine().volumes(fleet_.instance());
  const std::set<std::string> present(names.begin(), names.end());
  const auto has = [&](const std::string& owner) {
    return present.contains("mosaic-" + fleet_.instance().substr(0, 8) + "-user-" + owner +
                            "-state");
  };
  for (const auto& [id, agent] : agents_) {
    if (agent.awake) keepers_.insert(agent.owner);
  }
  for (const auto& owner : purged_) {
    if (has(owner)) return "the state of " + owner + " is still there after a purge";
  }
  for (const auto& owner : keepers_) {
    if (!has(owner)) return "the state of " + owner + " is gone, and nobody asked for that";
  }
  return {};
}

}  // namespace mosaic::e2e
