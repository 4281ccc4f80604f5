#include "cli/postgres/embedded_postgres.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include "cli/failure.hpp"
#include "cli/postgres/child_process.hpp"
#include "cli/postgres/postgres_folders.hpp"
#include "cli/postgres/postmaster_file.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr const char* lock_file = "mosaic.lock";
constexpr const char* start_log = "postgres-start.log";
constexpr auto poll_every = 20ms;
constexpr auto lock_patience = 300ms;
constexpr auto start_limit = 300s;  // a recovery after a power cut may take minutes
constexpr auto leftovers_limit = 10s;
constexpr auto fast_stop_limit = 30s;
constexpr auto immediate_stop_limit = 5s;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<int> version_of(const std::filesystem::path& folder) {
  const std::string text = read_file(folder / "PG_VERSION");
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc()) return std::nullopt;
  return version;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW));
  const auto bytes = static_cast<ssize_t>(text.size());
  if (!file || ::write(file.get(), text.data(), text.size()) != bytes || ::fsync(file.get()) != 0) {
    throw CommandError(explain_file_error("write", path, errno));
  }
}

// A doctor that looks holds it for an instant, so one refusal says nothing yet.
bool lock_within(int file, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || Clock::now() > deadline) return false;
    std::this_thread::sleep_for(poll_every);
  }
  return true;
}

}  // namespace

EmbeddedPostgres::EmbeddedPostgres(std::filesystem::path data_dir,
                                   std::filesystem::path binaries_root)
    : data_dir_(std::move(data_dir)),
      binaries_root_(std::move(binaries_root)),
      folder_(embedded_data_folder(data_dir_)) {}

EmbeddedPostgres::~EmbeddedPostgres() = default;

EmbeddedPostgres::Start EmbeddedPostgres::start() {
  prepare_data_dir(data_dir_);
  take_lock();
  choose_user_and_binaries();
  const bool fresh = !version_of(folder_);
  if (fresh) initialize();
  prepare_socket_folder();
  if (adopt()) return Start::adopted;
  launch_until_ready();
  return fresh ? Start::initialized : Start::started;
}

bool EmbeddedPostgres::exists(const std::filesystem::path& data_dir) {
  std::error_code error;
  return std::filesystem::exists(embedded_data_folder(data_dir) / "PG_VERSION", error);
}

// Whatever the umask says: each folder that is made here must let the unprivileged user pass.
void EmbeddedPostgres::prepare_data_dir(const std::filesystem::path& data_dir) {
  if (data_dir.has_relative_path()) prepare_data_dir(data_dir.parent_path());
  if (::mkdir(data_dir.c_str(), 0711) == 0 && ::chmod(data_dir.c_str(), 0711) == 0) return;
  const int error = errno;
  std::error_code ignored;  // a folder that cannot be seen is one that is not there
  if (std::filesystem::is_directory(data_dir, ignored)) return;
  throw CommandError(explain_file_error("make", data_dir, error));
}

bool EmbeddedPostgres::held_by_another(const std::filesystem::path& data_dir) {
  const FileDescriptor lock(
      ::open((data_dir / lock_file).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

void EmbeddedPostgres::take_lock() {
  const auto path = data_dir_ / lock_file;
  FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) throw CommandError(explain_file_error("open", path, errno));
  if (!lock_within(lock.get(), lock_patience)) {
    const std::string holder = read_file(path);
    throw CommandError("another mosaic up (process " + holder.substr(0, holder.find('\n')) +
                       ") uses " + data_dir_.string() +
                       "; stop it first, or give this one another --data-dir");
  }
  const std::string holder = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), holder.data(), holder.size(), 0) !=
                                             static_cast<ssize_t>(holder.size())) {
    throw CommandError(explain_file_error("write", path, errno));
  }
  lock_ = std::move(lock);
}

void EmbeddedPostgres::choose_user_and_binaries() {
  const auto version = version_of(folder_);
  user_ = unprivileged_user();
  if (version) {
    const SystemUser owner = owner_of(folder_);
    if (::geteuid() != 0 && owner.uid != user_.uid) {
      throw CommandError(folder_.string() + " belongs to user " + owner.name +
                         "; run as that user or as root, or choose "
                         "another --data-dir");
    }
    user_ = owner;
  }
  const auto found = PostgresBinaries::find(version, binaries_root_);
  if (!found && version) {
    throw CommandError(folder_.string() + " was made by Postgres " + std::to_string(*version) +
                       ", which is not installed; install it (apt-get install postgresql-" +
                       std::to_string(*version) + ") or move the data with pg_upgrade");
  }
  if (!found) {
    throw CommandError(
        "there is no Postgres server on this machine; install it (apt-get install "
        "--no-install-recommends "
        "postgresql) or set DATABASE_URL to one elsewhere");
  }
  binaries_ = *found;
}

void EmbeddedPostgres::initialize() {
  const auto fresh = data_dir_ / "postgres-initializing";
  std::error_code error;
  std::filesystem::remove_all(fresh, error);  // what a crash left
  make_private_folder(fresh, user_);
  ProgramCall call;
  call.arguments = {(binaries_.folder / "initdb").string(),
                    "--pgdata=" + fresh.string(),
                    std::string("--username=") + embedded_database_name,
                    "--auth=peer",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    "--data-checksums"};
  const auto result = run_program(call, user_);
  if (result.exit_code != 0) {
    std::filesystem::remove_all(fresh, error);
    throw CommandError(explain_postgres_failure(result.output, data_dir_, user_));
  }
  write_authentication(fresh);
  create_database(fresh);
  std::filesystem::rename(fresh, folder_, error);
  if (error) throw CommandError(explain_file_error("make", folder_, error.value()));
}

void EmbeddedPostgres::write_authentication(const std::filesystem::path& folder) const {
  const std::string name = embedded_database_name;
  write_file(folder / "pg_hba.conf",
             "# Only through the unix socket, only as the user who owns this folder or as root.\n"
             "local all " +
                 name + " peer map=" + name + "\n");
  write_file(folder / "pg_ident.conf",
             name + " root " + name + "\n" + name + " \"" + user_.name + "\" " + name + "\n");
}

void EmbeddedPostgres::create_database(const std::filesystem::path& folder) const {
  ProgramCall call;
  call.arguments = {(binaries_.folder / "postgres").string(), "--single", "-D", folder.string(),
                    "postgres"};
  call.input = std::string("CREATE DATABASE ") + embedded_database_name + ";\n";
  const auto result = run_program(call, user_);
  if (result.exit_code != 0 || result.output.find("ERROR:") != std::string::npos) {
    throw CommandError(explain_postgres_failure(result.output, data_dir_, user_));
  }
}

void EmbeddedPostgres::prepare_socket_folder() {
  socket_folder_ = embedded_socket_folder(data_dir_, user_);
  make_private_folder(socket_folder_, user_);
}

// True when one that a killed parent left behind serves the folder already.
bool EmbeddedPostgres::adopt() {
  const auto deadline = Clock::now() + start_limit;
  for (auto file = PostmasterFile::read(folder_); file && file->alive(folder_);
       file = PostmasterFile::read(folder_)) {
    if (file->socket_folder == socket_folder_ && file->status == "ready") {
      postmaster_ = file->pid;
      child_ = false;
      return true;
    }
    if (!file->socket_folder.empty() && file->socket_folder != socket_folder_) {
      throw CommandError("a Postgres that mosaic did not start (process " +
                         std::to_string(file->pid) + ") uses " + folder_.string() +
                         "; stop it first");
    }
    if (Clock::now() > deadline) {
      throw CommandError("the Postgres of " + folder_.string() + " (process " +
                         std::to_string(file->pid) + ") neither starts nor ends; see " +
                         (folder_ / "log").string());
    }
    std::this_thread::sleep_for(poll_every);
  }
  return false;
}

void EmbeddedPostgres::launch() {
  const auto setting = [](const std::string& name, const std::string& value) {
    return "--" + name + "=" + value;
  };
  // A list of folders is read like a list of identifiers, so that a comma or a blank needs quotes.
  const std::vector<std::string> arguments = {
      (binaries_.folder / "postgres").string(), "-D", folder_.string(),
      setting("listen_addresses", ""), setting("port", std::to_string(embedded_database_port)),
      setting("unix_socket_directories", "\"" + socket_folder_.string() + "\""),
      setting("unix_socket_permissions", "0700"),
      // Seven files, one a weekday, each begun anew a week later: bounded without anybody's help.
      setting("logging_collector", "on"), setting("log_directory", "log"),
      setting("log_filename", "postgres-%a.log"), setting("log_truncate_on_rotation", "on"),
      setting("log_rotation_age", "1d"), setting("log_rotation_size", "0"),
      // Statements carry values of rows, which do not belong into a log.
      setting("log_min_error_statement", "panic"), setting("log_error_verbosity", "terse")};
  postmaster_ = start_daemon(arguments, user_, data_dir_ / start_log);
  child_ = true;
}

// After a postmaster was killed its sessions need a moment to notice, and until then a new one
// refuses to start.
void EmbeddedPostgres::launch_until_ready() {
  const auto patience = Clock::now() + leftovers_limit;
  for (;;) {
    launch();
    try {
      return wait_until_ready();
    } catch (const CommandError&) {
      const std::string output = read_file(data_dir_ / start_log);
      const bool leftovers = output.find("shared memory block") != std::string::npos ||
                             output.find("postmaster.pid") != std::string::npos;
      if (!leftovers || Clock::now() > patience) throw;
    }
    std::this_thread::sleep_for(poll_every);
  }
}

void EmbeddedPostgres::wait_until_ready() {
  const auto deadline = Clock::now() + start_limit;
  while (Clock::now() < deadline) {
    const auto file = PostmasterFile::read(folder_);
    if (file && file->pid == postmaster_ && file->status == "ready") return;
    if (ended()) {
      const std::string output = read_file(data_dir_ / start_log);
      throw CommandError(explain_postgres_failure(output, folder_, user_));
    }
    std::this_thread::sleep_for(poll_every);
  }
  throw CommandError("the embedded Postgres was not ready within " +
                     std::to_string(start_limit.count()) + " s; see " + (folder_ / "log").string());
}

bool EmbeddedPostgres::ended() {
  if (postmaster_ == 0) return true;
  if (child_) {
    if (::waitpid(postmaster_, nullptr, WNOHANG) == 0) return false;
  } else {
    const auto file = PostmasterFile::read(folder_);
    if (file && file->pid == postmaster_ && file->alive(folder_)) return false;
  }
  postmaster_ = 0;
  return true;
}

bool EmbeddedPostgres::restart_if_ended() {
  if (!ended()) return false;
  if (!adopt()) launch_until_ready();
  return true;
}

void EmbeddedPostgres::stop() {
  const auto wait = [this](std::chrono::seconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!ended()) {
      if (Clock::now() > deadline) return false;
      std::this_thread::sleep_for(poll_every);
    }
    return true;
  };
  if (ended()) return;
  ::kill(postmaster_, SIGINT);
  if (wait(fast_stop_limit)) return;
  ::kill(postmaster_, SIGQUIT);
  if (!wait(immediate_stop_limit)) {
    throw CommandError("the embedded Postgres (process " + std::to_string(postmaster_) +
                       ") does not end; see " + (folder_ / "log").string());
  }
}

std::string EmbeddedPostgres::connection_string() const {
  return embedded_connection_string(socket_folder_, user_);
}

std::optional<std::string> EmbeddedPostgres::find_running(const std::filesystem::path& data_dir) {
  const auto folder = embedded_data_folder(data_dir);
  const auto file = PostmasterFile::read(folder);
  if (!file || !file->alive(folder)) return std::nullopt;
  return embedded_connection_string(file->socket_folder, owner_of(folder));
}

}  // namespace mosaic::cli
