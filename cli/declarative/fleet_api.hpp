// The fleet's HTTP API as the declarative commands use it: with a token, so that what they may do and what the audit says
// of it is as for any person.
//
// Used from one thread. Throws CommandError, one line that says what to do.
#pragma once

#include <memory>
#include <string>

#include "cli/output.hpp"
#include "http/http_client.hpp"

namespace mosaic::cli {

struct ApiAccess {
  std::string server;  // "http://127.0.0.1:8080"
  std::string token;   // MOSAIC_TOKEN
  // Which token it must be, for errors.
  std::string needed = "one of an admin's with the scopes read, write and admin";
};

class FleetApi {
 public:
  explicit FleetApi(const ApiAccess& access);

  Json get(const std::string& path);
  // `doing`: "make the provider zai", for errors.
  Json send(const std::string& method, const std::string& path, const Json& body,
            const std::string& doing);

 private:
  Json exchange(HttpRequest request, const std::string& doing);

  const ApiAccess access_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace mosaic::cli
