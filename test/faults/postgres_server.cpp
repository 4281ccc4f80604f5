#include "test/faults/postgres_server.hpp"

#include <pwd.h>
#include <unistd.h>

#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

#include "cli/postgres/postgres_binaries.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::faults {
namespace {

constexpr std::chrono::seconds start_limit{60};

const passwd& postgres_user() {
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr) throw std::runtime_error("there is no user postgres: install postgresql-15");
  return *user;
}

std::filesystem::path binaries() {
  const auto found = cli::PostgresBinaries::find(std::nullopt);
  if (!found) throw std::runtime_error("no server programs of Postgres: install postgresql-15");
  return found->folder;
}

}  // namespace

PostgresServer::PostgresServer(const std::filesystem::path& folder)
    : folder_(folder), port_(e2e::free_port()) {
  make_folder();
  // Small pieces of its log, so that it lives on a small disk and notices soon when that is full.
  run_to_end("initdb",
             {"--pgdata=" + (folder_ / "data").string(), "--username=postgres", "--auth=trust",
              "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=1", "--no-sync"});
  start();
}

PostgresServer::PostgresServer(const std::filesystem::path& folder, const PostgresServer& primary)
    : folder_(folder), port_(e2e::free_port()) {
  make_folder();
  run_to_end("pg_basebackup",
             {"--pgdata=" + (folder_ / "data").string(), "--dbname=" + primary.url(),
              "--write-recovery-conf", "--checkpoint=fast", "--no-sync"});
  start();
  const std::string position = primary.ask("SELECT pg_current_wal_lsn()");
  const bool follows = e2e::eventually(start_limit, [&] {
    return ask("SELECT coalesce(pg_last_wal_replay_lsn() >= '" + position + "', false)") == "t";
  });
  if (!follows) throw std::runtime_error("the standby does not follow its primary");
}

PostgresServer::~PostgresServer() {
  server_.reset();
  std::error_code ignored;
  // Its other processes end once they notice, and a disk is no folder that could be removed.
  std::filesystem::remove_all(folder_ / "data", ignored);
}

std::string PostgresServer::url() const {
  return "postgresql://postgres@127.0.0.1:" + std::to_string(port_) + "/postgres";
}

void PostgresServer::start() {
  server_.emplace(
      as_postgres("postgres", {"-D", (folder_ / "data").string(), "-p", std::to_string(port_), "-k",
                               folder_.string(), "-c", "listen_addresses=127.0.0.1", "-c",
                               "max_connections=60", "-c", "shared_buffers=16MB", "-c",
                               "max_wal_size=8MB", "-c", "min_wal_size=2MB", "-c", "fsync=off"}),
      folder_.string() + ".log");
  const bool answers = e2e::eventually(start_limit, [&] {
    try {
      return ask("SELECT 'well'") == "well";
    } catch (const pqxx::broken_connection&) {
      return false;
    }
  });
  if (!answers) throw std::runtime_error("Postgres does not start: " + server_->log_text());
}

void PostgresServer::kill_hard() { server_->kill_hard(); }

void PostgresServer::stop_following() {
  ask("ALTER SYSTEM SET primary_conninfo = ''");
  ask("SELECT pg_reload_conf()");
  const bool alone = e2e::eventually(
      start_limit, [&] { return ask("SELECT count(*) FROM pg_stat_wal_receiver") == "0"; });
  if (!alone) throw std::runtime_error("the standby follows its primary still");
}

void PostgresServer::promote() {
  if (ask("SELECT pg_promote()") != "t")
    throw std::runtime_error("the standby does not take its primary's place");
}

e2e::Command PostgresServer::as_postgres(const std::string& program,
                                         std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), (binaries() / program).string());
  return {std::move(arguments), {{"HOME", folder_.string()}}, postgres_user().pw_uid};
}

void PostgresServer::run_to_end(const std::string& program,
                                std::vector<std::string> arguments) const {
  const auto finished = e2e::run(as_postgres(program, std::move(arguments)), start_limit);
  if (finished.exit_code != 0) throw std::runtime_error(program + ": " + finished.err);
}

void PostgresServer::make_folder() const {
  std::filesystem::create_directories(folder_);
  if (::chown(folder_.c_str(), postgres_user().pw_uid, postgres_user().pw_gid) != 0)
    throw std::runtime_error(
        "the folder of Postgres cannot be handed over: run ./dev test as root");
}

std::string PostgresServer::ask(const std::string& question) const {
  pqxx::connection connection(url());
  pqxx::nontransaction transaction(connection);
  const auto answer = transaction.exec(question);
  return answer.empty() ? "" : answer[0][0].c_str();
}

}  // namespace mosaic::faults
