#include "api/access.hpp"

#include <utility>

#include "api/idempotency.hpp"

namespace mosaic {

void GuardedRoutes::add(std::string method, std::string_view pattern, AccessRule rule,
                        GuardedHandler handler) {
  if (method == "POST" && idempotency_ != nullptr) {
    handler = [once = idempotency_, inner = std::move(handler)](const Request& request,
                                                                const Caller& caller) {
      return once->once(request, caller, inner);
    };
  }
  router_.add(std::move(method), pattern,
              [&gatekeeper = gatekeeper_, rule,
               handler = std::move(handler)](const Request& request) -> Response {
                auto admitted = gatekeeper.admit(request, rule);
                if (auto* refusal = std::get_if<Response>(&admitted)) return std::move(*refusal);
                return handler(request, std::get<Caller>(admitted));
              });
}

}  // namespace mosaic
