#include "api/access.hpp"

#include <utility>

namespace mosaic {

void GuardedRoutes::add(std::string method, std::string_view pattern, AccessRule rule,
                        GuardedHandler handler) {
  router_.add(std::move(method), pattern,
              [&gatekeeper = gatekeeper_, rule,
               handler = std::move(handler)](const Request& request) -> Response {
                auto admitted = gatekeeper.admit(request, rule);
                if (auto* refusal = std::get_if<Response>(&admitted)) return std::move(*refusal);
                return handler(request, std::get<Caller>(admitted));
              });
}

}  // namespace mosaic
