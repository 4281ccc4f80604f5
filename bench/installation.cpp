#include "bench/installation.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <stdexcept>
#include <thread>

namespace mosaic::bench {
namespace {

using nlohmann::json;

constexpr const char* subnets = "10.231.0.0/16";
constexpr std::chrono::seconds longest_stop{60};
constexpr std::chrono::seconds longest_lead{20};
// After a status is written its reconcile still ends, and its events still come: the next figure begins after that.
constexpr std::chrono::milliseconds settle_time{250};
constexpr const char* long_ago = R"((now() AT TIME ZONE 'UTC') - interval '2 days')";

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string engine_socket() {
  constexpr std::string_view scheme = "unix://";
  const std::string url = required_environment("MOSAIC_TEST_ENGINE");
  if (!url.starts_with(scheme))
    throw std::runtime_error("MOSAIC_TEST_ENGINE must be a unix:// address");
  return url.substr(scheme.size());
}

std::string last_part(const std::string& text, std::size_t size) {
  return text.size() <= size ? text : text.substr(text.size() - size);
}

double ms_between(Steady::time_point from, Steady::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

Installation::Installation(const std::filesystem::path& folder, bool with_swap)
    : proxy_(folder / "engine.sock", engine_socket()),
      engine_(engine_socket()),
      status_(database_.url()),
      controller_log_(folder / "controller.log") {
  instance_ = database_.sql(R"(SELECT "id" FROM "mosaic_instance")")[0][0].c_str();
  set_setting("fleet.stopGraceSec", "10");
  set_setting("fleet.sleep.hibernate", with_swap ? "true" : "false");
  start_processes(folder);
}

void Installation::start_processes(const std::filesystem::path& folder) {
  const std::string agent_listen = "0.0.0.0:" + std::to_string(free_port());
  const auto command = [&](const std::string& role) {
    e2e::Command made;
    made.arguments = {required_environment("MOSAIC_BINARY"),
                      role,
                      "--listen",
                      "127.0.0.1:" + std::to_string(free_port()),
                      "--agent-listen",
                      agent_listen,
                      "--agent-subnets",
                      subnets,
                      "--log-format",
                      "json"};
    made.environment = {{"DATABASE_URL", database_.url()},
                        {"MOSAIC_SECRET_KEY", secret_key_},
                        {"MOSAIC_DATA_DIR", (folder / "data").string()},
                        {"DOCKER_HOST", proxy_.url()}};
    return made;
  };
  api_.emplace(command("api"), folder / "api.log");
  controller_.emplace(command("controller"), controller_log_);
  const auto deadline = Steady::now() + longest_lead;
  while (database_.sql(R"(SELECT 1 FROM "ControllerLease" WHERE "holder" <> '')").empty()) {
    if (Steady::now() > deadline || !controller_->running()) {
      throw std::runtime_error("the controller does not lead:\n" +
                               last_part(controller_->log_text(), 2000));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
}

Installation::~Installation() {
  controller_.reset();
  api_.reset();
  try {
    const std::string filter =
        "?filters=%7B%22label%22%3A%5B%22com.mosaic.instance%3D" + instance_ + "%22%5D%7D";
    for (const auto& container : engine_.call("GET", "/containers/json" + filter + "&all=true")) {
      engine_.call("DELETE",
                   "/containers/" + container.at("Id").get<std::string>() + "?force=true");
    }
    for (const auto& network : engine_.call("GET", "/networks" + filter)) {
      engine_.call("DELETE", "/networks/" + network.at("Id").get<std::string>());
    }
    for (const auto& volume : engine_.call("GET", "/volumes" + filter).at("Volumes")) {
      engine_.call("DELETE", "/volumes/" + volume.at("Name").get<std::string>());
    }
  } catch (const std::exception& error) {
    std::cerr << "not everything could be removed from the engine: " << error.what() << '\n';
  }
}

void Installation::insert_agent(const std::string& id, const std::string& image, int memory_mb) {
  database_.sql(
      R"(INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey",
                     "models", "updatedAt")
                   VALUES ($1, $2, 'local', 'Local', 'custom', 'http://198.18.0.1:9/v1', $3,
                           '[{"id": "cogito", "name": "Cogito"}]', now() AT TIME ZONE 'UTC'))",
      "provider-" + id, "owner-" + id, box_.encrypt("sk-0123456789abcdef"));
  database_.sql(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "image", "memoryMb",
                     "updatedAt")
                   VALUES ($1, $2, $3, $4, $5, $6, now() AT TIME ZONE 'UTC'))",
      id, "owner-" + id, container_name(id), box_.encrypt(std::string(64, 'e')), image, memory_mb);
}

void Installation::set_setting(const std::string& key, const std::string& value) {
  database_.sql(R"(INSERT INTO "SystemConfig" ("id", "key", "value", "updatedAt")
                   VALUES ($1, $1, $2, now() AT TIME ZONE 'UTC')
                   ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "updatedAt" = excluded."updatedAt")",
                key, value);
}

std::pair<Steady::time_point, Steady::time_point> Installation::update(
    const std::string& id, const std::string& assignments) {
  pqxx::work transaction(database_.connection());
  const auto result = transaction.exec_params(
      "UPDATE \"UserContainer\" SET " + assignments + " WHERE \"id\" = $1", id);
  if (result.affected_rows() != 1) throw std::runtime_error("there is no row " + id);
  const auto sent = Steady::now();
  transaction.commit();
  return {sent, Steady::now()};
}

std::vector<EngineCallSeen> Installation::calls_about(const std::string& id,
                                                      Steady::time_point since) {
  auto calls = proxy_.take();
  // Its container is asked for by name first; every later call names it by id.
  const auto first = std::find_if(calls.begin(), calls.end(), [&](const EngineCallSeen& call) {
    return call.asked_at >= since &&
           call.target.find("/containers/" + container_name(id) + "/") != std::string::npos;
  });
  calls.erase(calls.begin(), first);
  return calls;
}

WakeSeen Installation::wake(const std::string& id, std::chrono::seconds limit) {
  proxy_.take();
  const auto [sent, acknowledged] = update(id, R"("lastActiveAt" = now() AT TIME ZONE 'UTC')");
  status_.wait_for(id, "running", limit);
  const auto ready = Steady::now();
  WakeSeen seen;
  seen.commit_took_ms = ms_between(sent, acknowledged);
  seen.ready_ms = ms_between(acknowledged, ready);
  const auto calls = calls_about(id, sent);
  if (calls.empty()) throw std::runtime_error(id + " became ready without an engine call");
  seen.first_call_ms = ms_between(acknowledged, calls.front().asked_at);
  for (const auto& call : calls) {
    const bool starts = call.method == "POST" &&
                        (call.target.ends_with("/start") || call.target.ends_with("/unpause"));
    if (!starts && !seen.started_ms) ++seen.calls_before_start;
    if (!starts || seen.started_ms) continue;
    seen.started_ms = ms_between(acknowledged, call.asked_at);
    if (call.answered_at) seen.start_done_ms = ms_between(acknowledged, *call.answered_at);
  }
  std::this_thread::sleep_for(settle_time);
  return seen;
}

void Installation::put_to_stop(const std::string& id) {
  update(id, R"("desiredState" = 'stopped')");
  status_.wait_for(id, "stopped", longest_stop);
  update(id, std::string(R"("desiredState" = 'auto', "lastActiveAt" = )") + long_ago);
  std::this_thread::sleep_for(settle_time);
}

// A new idle timeout is heard of at once, an activity that moves back only by the poll.
void Installation::put_to_sleep(const std::string& id, const std::string& phase) {
  update(id,
         std::string(R"("idleTimeoutMin" = 61 - "idleTimeoutMin", "lastActiveAt" = )") + long_ago);
  status_.wait_for(id, phase, longest_stop);
  std::this_thread::sleep_for(settle_time);
}

double Installation::change_to_first_call_ms(const std::string& id, int number) {
  constexpr std::chrono::milliseconds longest{2000};
  proxy_.take();
  const auto [sent, acknowledged] =
      update(id, "\"idleTimeoutMin\" = " + std::to_string(60 + number % 2));
  for (const auto deadline = acknowledged + longest; Steady::now() < deadline;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
    const auto calls = calls_about(id, sent);
    if (!calls.empty()) return ms_between(acknowledged, calls.front().asked_at);
  }
  throw std::runtime_error("a change of " + id + " led to no engine call within 2 s");
}

std::string Installation::story(const std::string& id) {
  std::string text;
  for (const auto& row :
       database_.sql(R"(SELECT "phase", coalesce("lastError", ''), "conditions"::text
                                          FROM "UserContainer" WHERE "id" = $1)",
                     id)) {
    text += std::string("row: ") + row[0].c_str() + " | " + row[1].c_str() + " | " +
            row[2].c_str() + '\n';
  }
  return text + last_part(e2e::file_text(controller_log_), 4000);
}

}  // namespace mosaic::bench
