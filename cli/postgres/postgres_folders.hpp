// Folders of the embedded Postgres: made with the right owner and mode, or refused with a line that
// says what to do.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "cli/postgres/system_user.hpp"

namespace mosaic::cli {

// The name of the database and of its owner.
inline constexpr const char* embedded_database_name = "mosaic";
inline constexpr int embedded_database_port = 5432;  // names the socket; nothing listens on TCP

std::filesystem::path embedded_data_folder(const std::filesystem::path& data_dir);

// Below the data folder; or, as a socket's path is limited to 107 bytes, a short runtime folder
// that the data folder's path determines.
std::filesystem::path embedded_socket_folder(const std::filesystem::path& data_dir,
                                             const SystemUser& user);

// For libpq. The server must run as `user`: nobody else can pose as it.
std::string embedded_connection_string(const std::filesystem::path& socket_folder,
                                       const SystemUser& user);

// Makes `folder` when it is missing, owned by `user` and closed to everybody else (mode 0700).
void make_private_folder(const std::filesystem::path& folder, const SystemUser& user);

// One line for people out of what a Postgres program said; `folder` is where it worked.
std::string explain_postgres_failure(const std::string& output, const std::filesystem::path& folder,
                                     const SystemUser& user);

// The user who owns `path`; throws when that has no name.
SystemUser owner_of(const std::filesystem::path& path);

// "cannot make /x: No space left on device; free some …".
std::string explain_file_error(const std::string& what, const std::filesystem::path& path,
                               int error);

}  // namespace mosaic::cli
