#include "test/e2e/fleet.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "test/checkout.hpp"

namespace mosaic::e2e {
namespace {

constexpr int story_lines = 40;

std::string unused_subnets() {
  // 10.128.0.0/10 has 4096 ranges of 1024 addresses; test processes run one after the other.
  static std::atomic<int> used{0};
  const int index = (::getpid() * 16 + used++) % 4096;
  return "10." + std::to_string(128 + index / 64) + "." + std::to_string(index % 64 * 4) + ".0/22";
}

std::filesystem::path new_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mosaic-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("no folder can be made under " + pattern);
  return pattern;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

std::string last_lines(const std::string& text, int count) {
  std::size_t begin = text.size();
  for (int line = 0; line <= count && begin > 0; ++line) {
    const auto newline = text.rfind('\n', begin - 1);
    if (newline == std::string::npos) return text;
    begin = newline;
  }
  return text.substr(begin == text.size() ? begin : begin + 1);
}

}  // namespace

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

std::string mosaic_binary() {
  const char* named = std::getenv("MOSAIC_BINARY");
  return named != nullptr && *named != '\0' ? named : mosaic::test::build_folder() + "/cli/mosaic";
}

Fleet::Fleet(FleetOptions options)
    : options_(std::move(options)),
      database_(options_.database_server),
      engine_(options_.engine),
      secret_key_("a secret of the end-to-end tests, long enough"),
      box_(secret_key_),
      folder_(new_folder()),
      agent_port_(free_port()),
      egress_port_(free_port()),
      api_port_(options_.api_port != 0 ? options_.api_port : free_port()),
      subnets_(options_.subnets.empty() ? unused_subnets() : options_.subnets) {
  const auto migrated = run_mosaic({"migrate"});
  if (migrated.exit_code != 0) throw std::runtime_error("mosaic migrate: " + migrated.err);
  instance_ = database_.sql(R"(SELECT "id" FROM "mosaic_instance")")[0][0].as<std::string>();
  set_setting("fleet.memoryMb", "64");
  set_setting("fleet.stopGraceSec", "5");
}

void Fleet::end_processes() {
  controller_.reset();
  api_.reset();
}

Fleet::~Fleet() {
  end_processes();
  try {
    engine_.remove_everything_of(instance_);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "what the test made on the engine could not be removed: " << error.what();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Fleet::agent_api() const { return std::to_string(agent_port_); }

std::string Fleet::controller_url() const {
  return "http://127.0.0.1:" + std::to_string(controller_port_);
}

std::string Fleet::api_url() const {
  return "http://" + options_.api_host + ":" + std::to_string(api_port_);
}

Command Fleet::mosaic(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), mosaic_binary());
  return Command{std::move(arguments),
                 {{"DATABASE_URL", database_.url()},
                  {"MOSAIC_SECRET_KEY", secret_key_},
                  {"MOSAIC_DATA_DIR", (folder_ / "data").string()},
                  {"DOCKER_HOST", engine_.address()}},
                 {}};
}

Finished Fleet::run_mosaic(std::vector<std::string> arguments) const {
  return e2e::run(mosaic(std::move(arguments)));
}

std::vector<std::string> Fleet::process_arguments(const std::string& command,
                                                  int listen_port) const {
  std::vector<std::string> arguments{
      command,
      "--listen",
      (options_.within.empty() ? "127.0.0.1:" : "0.0.0.0:") + std::to_string(listen_port),
      "--agent-listen",
      "0.0.0.0:" + std::to_string(agent_port_),
      "--agent-subnets",
      subnets_,
      "--log-format",
      "json"};
  arguments.insert(arguments.end(), {"--agent-egress", options_.egress_proxy ? "proxy" : "none",
                                     "--egress-listen", "0.0.0.0:" + std::to_string(egress_port_)});
  // Where there is a proxy, the firewall keeps agents from them: they are reached through it or not at all.
  if (!options_.egress.empty() && (command == "api" || !options_.egress_proxy))
    arguments.insert(arguments.end(), {"--agent-egress-allow", join(options_.egress)});
  if (command == "api") return arguments;
  arguments.insert(
      arguments.end(),
      {"--agent-image", options_.agent_image.empty() ? instant_image() : options_.agent_image});
  return arguments;
}

Command Fleet::elsewhere(Command command) const {
  command.arguments.insert(command.arguments.begin(), options_.within.begin(),
                           options_.within.end());
  return command;
}

void Fleet::start_api() {
  api_.emplace(elsewhere(mosaic(process_arguments("api", api_port_))), folder_ / "api.log");
}

void Fleet::start_controller(std::vector<std::string> more) {
  controller_port_ = free_port();
  controller_.emplace(controller_at(place_, controller_port_, more), folder_ / "controller.log");
}

ChildProcess Fleet::another_controller(const std::string& name, const ControllerPlace& place) {
  return ChildProcess(controller_at(place, free_port(), {}), folder_ / (name + ".log"));
}

Command Fleet::controller_at(const ControllerPlace& place, int listen_port,
                             const std::vector<std::string>& more) const {
  auto arguments = process_arguments("controller", listen_port);
  arguments.insert(arguments.end(), options_.controller_arguments.begin(),
                   options_.controller_arguments.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  Command command = mosaic(std::move(arguments));
  if (!place.database.empty()) command.environment["DATABASE_URL"] = place.database;
  if (!place.engine.empty()) command.environment["DOCKER_HOST"] = place.engine;
  if (place.on_another_machine) {
    const std::vector<std::string> elsewhere{"unshare", "--pid", "--mount-proc", "--fork",
                                             "--kill-child=KILL"};
    command.arguments.insert(command.arguments.begin(), elsewhere.begin(), elsewhere.end());
  }
  return elsewhere(std::move(command));
}

void Fleet::insert_provider(const std::string& owner, const std::string& base_url,
                            const std::string& key) {
  database_.sql(
      R"(INSERT INTO "LlmProvider" ("id", "userId", "name", "displayName", "type", "baseUrl", "apiKey",
                     "models", "updatedAt")
                   VALUES ($1, $2, 'local', 'Local', 'custom', $3, $4, '[{"id": "cogito", "name": "Cogito"},
                     {"id": "sage", "name": "Sage"}]', now() AT TIME ZONE 'UTC')
                   ON CONFLICT ("userId", "name") DO NOTHING)",
      "provider-" + owner, owner, base_url, box_.encrypt(key));
}

void Fleet::insert_user(const std::string& id, const std::string& owner, int idle_timeout_min) {
  insert_provider(owner, "http://198.18.0.1:9/v1", "key-of-" + owner);
  database_.sql(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "idleTimeoutMin",
                     "updatedAt")
                   VALUES ($1, $2, $3, $4, $5, now() AT TIME ZONE 'UTC'))",
      id, owner, "e2e-" + instance_.substr(0, 8) + "-" + owner, box_.encrypt("token-of-" + id),
      idle_timeout_min);
}

void Fleet::insert_system(const std::string& id, const std::string& name) {
  database_.sql(R"(INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "updatedAt")
                   VALUES ('admin', 'admin', 'not a hash', now() AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING)");
  insert_provider("admin", "http://198.18.0.1:9/v1", "key-of-admin");
  database_.sql(
      R"(INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "updatedAt")
                   VALUES ($1, $2, 'main', $3, 'cogito', now() AT TIME ZONE 'UTC'))",
      id, name, box_.encrypt("token-of-" + id));
}

void Fleet::touch(const std::string& id) {
  set_user(id, R"("lastActiveAt" = now() AT TIME ZONE 'UTC')");
}

void Fleet::set_user(const std::string& id, const std::string& assignments) {
  const auto result =
      database_.sql("UPDATE \"UserContainer\" SET \"updatedAt\" = now() AT TIME ZONE 'UTC', " +
                        assignments + " WHERE \"id\" = $1",
                    id);
  if (result.affected_rows() != 1) throw std::runtime_error("there is no row " + id);
}

void Fleet::set_setting(const std::string& key, const std::string& value) {
  database_.sql(R"(INSERT INTO "SystemConfig" ("id", "key", "value", "updatedAt")
                   VALUES ($1, $1, $2, now() AT TIME ZONE 'UTC')
                   ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value", "updatedAt" = excluded."updatedAt")",
                key, value);
}

std::optional<SeenAgent> Fleet::look(const std::string& id) {
  const std::string columns =
      R"(SELECT "phase", "status", coalesce("endpoint", ''), coalesce("containerId", ''),
    coalesce(jsonb_path_query_first("conditions", '$[*] ? (@.type == "Ready")')->>'reason', ''),
    coalesce(jsonb_path_query_first("conditions", '$[*] ? (@.type == "Ready")')->>'message', ''),
    coalesce("lastError", ''), "restartCount", coalesce("nextRetryAt"::text, ''), coalesce("readyAt"::text, '') FROM )";
  const auto rows = database_.sql(columns + R"("UserContainer" WHERE "id" = $1 UNION ALL )" +
                                      columns + R"("SystemContainer" WHERE "id" = $1)",
                                  id);
  if (rows.empty()) return std::nullopt;
  const auto row = rows[0];
  const auto text = [&](int column) { return row[column].as<std::string>(); };
  return SeenAgent{text(0), text(1), text(2),          text(3), text(4),
                   text(5), text(6), row[7].as<int>(), text(8), text(9)};
}

std::vector<SeenContainer> Fleet::containers_of(const std::string& id) {
  auto all = engine_.containers(instance_);
  std::erase_if(all, [&](const SeenContainer& container) { return container.row != id; });
  return all;
}

bool Fleet::has_event(const std::string& id, const std::string& reason) {
  return !database_
              .sql(R"(SELECT 1 FROM "AgentEvent" WHERE "agentId" = $1 AND "reason" = $2)", id,
                   reason)
              .empty();
}

std::string Fleet::lease_holder() {
  return database_
      .sql(R"(SELECT CASE WHEN "expiresAt" > now() AT TIME ZONE 'UTC' THEN "holder" ELSE '' END
                          FROM "ControllerLease")")[0][0]
      .as<std::string>();
}

testing::AssertionResult Fleet::becomes(const std::string& id, const std::string& phase,
                                        std::chrono::milliseconds limit) {
  return eventually_well(limit, [&]() -> std::string {
    const auto agent = look(id);
    if (!agent) return id + " has no row";
    if (agent->phase == phase) return {};
    return id + " is " + agent->phase + " instead of " + phase + " (" + agent->reason + ": " +
           agent->message + ")";
  });
}

testing::AssertionResult Fleet::is_gone(const std::string& id, std::chrono::milliseconds limit) {
  return eventually_well(limit, [&]() -> std::string {
    if (look(id)) return id + " still has a row";
    if (!containers_of(id).empty()) return id + " still has a container";
    for (const auto& network : engine_.networks(instance_)) {
      if (network.row == id) return id + " still has a network";
    }
    return {};
  });
}

testing::AssertionResult Fleet::leads(std::chrono::milliseconds limit) {
  return eventually_well(
      limit, [&]() -> std::string { return lease_holder().empty() ? "nobody leads" : ""; });
}

std::string Fleet::story() {
  std::ostringstream text;
  text << "--- events\n";
  for (const auto& row :
       database_.sql(R"(SELECT "at", "agentId", "reason", "message", "count" FROM "AgentEvent"
                                          ORDER BY "id" DESC LIMIT 40)")) {
    text << row[0].c_str() << " " << row[1].c_str() << " " << row[2].c_str() << " x"
         << row[4].c_str() << ": " << row[3].c_str() << '\n';
  }
  text << "--- controller\n" << last_lines(file_text(folder_ / "controller.log"), story_lines);
  text << "--- api\n" << last_lines(file_text(folder_ / "api.log"), story_lines / 4);
  return text.str();
}

void FleetTest::SetUp() {
  fleet.start_api();
  fleet.start_controller();
}

void FleetTest::TearDown() {
  if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
}

}  // namespace mosaic::e2e
