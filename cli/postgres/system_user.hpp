// The unprivileged account that the embedded Postgres runs as: Postgres refuses to run as root,
// rightly.
//
// Plain values; lookups only.
#pragma once

#include <sys/types.h>

#include <string>

namespace mosaic::cli {

struct SystemUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;

  bool is_this_process() const;
};

// This process's own user; as root: `postgres`, else `nobody`. Throws CommandError when the user
// has no name, as Postgres needs one.
SystemUser unprivileged_user();

}  // namespace mosaic::cli
