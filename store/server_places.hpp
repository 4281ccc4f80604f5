// Where a database's servers are, out of its address: for whoever must keep others away from them.
//
// A pure function; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.hpp"

namespace mosaic {

struct ServerPlace {
  std::string host;  // a name or a numeric address
  std::uint16_t port = 0;

  bool operator==(const ServerPlace&) const = default;
};

// Sockets in the file system are left out. Throws StoreError when the address cannot be understood.
std::vector<ServerPlace> server_places(const DatabaseOptions& options);

}  // namespace mosaic
