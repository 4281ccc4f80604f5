// From the address that a person gives to the one that libpq gets: with time-outs, keep-alives and
// our session settings, and without the parameters that only the Prisma client knows.
//
// Pure functions; safe from any thread. No error ever repeats the address, which may hold a
// password.
#pragma once

#include <string>

#include "store/database.hpp"

namespace mosaic {

// Throws StoreError when the address cannot be understood. What it says already is kept.
std::string libpq_connection_string(const DatabaseOptions& options);

// libpq's words about a failed connection as one line; never contains a password.
std::string one_line(std::string text);

}  // namespace mosaic
