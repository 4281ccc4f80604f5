#include "cli/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

namespace mosaic::cli {
namespace {

constexpr std::uint64_t per_connection = 2;
constexpr std::uint64_t beside_connections = 256;  // database, engine, log, and agents' kept ones
constexpr std::uint64_t fewest_connections = 16;

}  // namespace

void take_all_open_files(const Logger& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    log.warning("the limit of open files could not be raised",
                {{Field::error, std::strerror(errno)}});
}

std::uint64_t open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
  return limit.rlim_cur;
}

std::uint64_t open_files_for(std::size_t connections) {
  return beside_connections + per_connection * connections;
}

std::size_t connections_within(std::uint64_t open_files, std::size_t wanted) {
  const auto carried =
      open_files > beside_connections ? (open_files - beside_connections) / per_connection : 0;
  return std::min<std::size_t>(wanted, std::max(carried, fewest_connections));
}

void tell_of_fewer_connections(std::uint64_t open_files, std::size_t wanted, const Logger& log) {
  if (open_files >= open_files_for(wanted)) return;
  log.warning(
      "the limit of open files is too low for all connections; fewer are served at a time",
      {{Field::count, connections_within(open_files, wanted)},
       {Field::reason, "of " + std::to_string(wanted) + "; no more than " +
                           std::to_string(open_files) + " open files are allowed"},
       {Field::action, "allow " + std::to_string(open_files_for(wanted)) +
                           " (ulimit -Hn, LimitNOFILE= of systemd, --ulimit nofile= of Docker) and "
                           "start again"}});
}

}  // namespace mosaic::cli
