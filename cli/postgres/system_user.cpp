#include "cli/postgres/system_user.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <optional>

#include "cli/failure.hpp"

namespace mosaic::cli {
namespace {

using Lookup = std::function<int(passwd*, char*, std::size_t, passwd**)>;

std::optional<SystemUser> look_up(const Lookup& lookup) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 16384> buffer{};
  if (lookup(&entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return SystemUser{entry.pw_uid, entry.pw_gid, entry.pw_name};
}

std::optional<SystemUser> by_name(const char* name) {
  return look_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwnam_r(name, entry, buffer, size, found);
  });
}

}  // namespace

bool SystemUser::is_this_process() const { return uid == ::geteuid(); }

SystemUser unprivileged_user() {
  if (::geteuid() == 0) {
    for (const char* name : {"postgres", "nobody"}) {
      if (auto user = by_name(name); user && user->uid != 0) return *user;
    }
    throw CommandError(
        "the embedded Postgres needs an unprivileged user, and neither 'postgres' nor 'nobody' "
        "exists; "
        "add one (useradd --system postgres) or set DATABASE_URL");
  }
  const auto user = look_up([](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return ::getpwuid_r(::geteuid(), entry, buffer, size, found);
  });
  if (user) return *user;
  throw CommandError("user id " + std::to_string(::geteuid()) +
                     " has no name in /etc/passwd, which the embedded Postgres needs; add one or "
                     "set DATABASE_URL");
}

}  // namespace mosaic::cli
