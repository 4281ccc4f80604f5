// A Postgres of our own below the data folder, for those who have none: Debian's server programs,
// an unprivileged user, a unix socket in a private folder, no TCP, peer authentication.
//
// One process at a time may hold a data folder (a lock file says so). Postgres is a session of its
// own: when this process is killed, Postgres goes on and the next start adopts it, so that a crash
// of ours is none of the database's. A first initialisation happens beside and is renamed into
// place when complete: a crash leaves none that is half done.
//
// Not thread-safe: one thread starts, supervises and stops it. Errors: CommandError, one line that
// says what to do.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/file_descriptor.hpp"
#include "cli/postgres/postgres_binaries.hpp"
#include "cli/postgres/system_user.hpp"

namespace mosaic::cli {

class EmbeddedPostgres {
 public:
  enum class Start : std::uint8_t { initialized, started, adopted };

  explicit EmbeddedPostgres(std::filesystem::path data_dir,
                            std::filesystem::path binaries_root = "/usr/lib/postgresql");
  ~EmbeddedPostgres();  // leaves it running, for the next start to adopt; see stop()
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

  // Returns when it takes connections.
  Start start();
  // Starts it again when it ended by itself; true when it had.
  bool restart_if_ended();
  // A fast shutdown: open transactions are rolled back, everything committed is on disk.
  void stop();

  // For libpq: keyword=value pairs.
  std::string connection_string() const;
  pid_t process_id() const { return postmaster_; }

  // Whether a database has been made below this data folder.
  static bool exists(const std::filesystem::path& data_dir);
  // Whether a mosaic up that runs holds this data folder.
  static bool held_by_another(const std::filesystem::path& data_dir);
  // Makes the data folder when it is missing: passable for the unprivileged user, readable for ours
  // alone.
  static void prepare_data_dir(const std::filesystem::path& data_dir);

  // The connection to an instance that runs below this data folder, for commands beside `mosaic
  // up`; nothing when none does or it cannot be seen by this user.
  static std::optional<std::string> find_running(const std::filesystem::path& data_dir);

 private:
  void take_lock();
  void choose_user_and_binaries();
  void initialize();
  void write_authentication(const std::filesystem::path& folder) const;
  void create_database(const std::filesystem::path& folder) const;
  void prepare_socket_folder();
  bool adopt();
  void launch();
  void launch_until_ready();
  void wait_until_ready();
  bool ended();

  const std::filesystem::path data_dir_;
  const std::filesystem::path binaries_root_;
  const std::filesystem::path folder_;  // Postgres' own data folder
  std::filesystem::path socket_folder_;
  SystemUser user_;
  PostgresBinaries binaries_;
  FileDescriptor lock_;
  pid_t postmaster_ = 0;
  bool child_ = false;  // ours to reap; an adopted one is not
};

}  // namespace mosaic::cli
