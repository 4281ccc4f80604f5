// Which handler answers which method and path.
//
// Filled once before the server starts; afterwards const and usable from any thread. Handlers are
// plain synchronous functions; they may block on the store, so they run on the server's workers
// unless they are said not to block. What answers piece by piece is a StreamHandler
// (api/client_stream.hpp), a coroutine on an I/O thread. A path without parameters goes before a
// pattern that it happens to match; else the route that was added first is taken.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "api/http_message.hpp"

namespace mosaic {

using Handler = std::function<Response(const Request&)>;
// An error as the clients of one part of the API read it.
using ErrorForm = std::function<Response(const Response&)>;
class StreamHandler;

enum class RunsOn : std::uint8_t {
  worker,     // may block
  io_thread,  // answers at once, also when every worker is busy; must never block
};

struct Route {
  std::string method;
  std::vector<std::string>
      segments;  // of the pattern; "{name}": one segment, not empty; "{name...}": the rest, as sent
  Handler handler;                        // empty: there is a stream
  std::shared_ptr<StreamHandler> stream;  // empty: there is a handler
  RunsOn runs_on = RunsOn::worker;
};

class Router {
 public:
  // `pattern`: "/api/things/{id}". A GET route answers HEAD as well (the server leaves the body
  // out).
  void add(std::string method, std::string_view pattern, Handler handler,
           RunsOn runs_on = RunsOn::worker);
  // A stream answers no HEAD.
  void add_stream(std::string method, std::string_view pattern,
                  std::shared_ptr<StreamHandler> stream);

  // Who answers GET and HEAD of paths that no route has (the web pages); on the I/O thread, so it must not block. No
  // route of its own: routes() does not list it.
  void set_fallback(Handler handler);

  // The route, with `request.parameters` filled in; or the response that says why there is none:
  // 404, or 405 with Allow.
  std::variant<const Route*, Response> find(Request& request) const;

  // Every error that is answered under `prefix` ("/v1") takes this form, whoever says it: a handler, the router, or the
  // server of a request that it could not read.
  void set_error_form(std::string_view prefix, ErrorForm form);
  Response in_its_form(std::string_view path, Response response) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  void add(Route route, std::string_view pattern);

  std::vector<Route> routes_;
  std::optional<Route> fallback_;
  std::unordered_map<std::string, std::vector<std::size_t>> plain_routes_;  // by path
  std::vector<std::pair<std::string, ErrorForm>> error_forms_;              // by prefix
};

}  // namespace mosaic
