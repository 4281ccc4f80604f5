#include "api/handlers/health_handler.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace mosaic {
namespace {

Response routine_response(int status, std::string content_type, std::string body) {
  Response response(status, std::move(content_type), std::move(body));
  response.set_field("Cache-Control", "no-store");
  response.routine = true;
  return response;
}

// A check that throws has failed; its words stay out of the answer, because nobody chose them for
// strangers.
std::optional<std::string> outcome_of(const HealthCheck& check) {
  try {
    return check.run();
  } catch (const std::exception&) {
    return "the check itself failed";
  }
}

Response readiness(const std::vector<HealthCheck>& checks) {
  nlohmann::ordered_json body;
  auto listed = nlohmann::ordered_json::array();
  bool ready = true;
  for (const auto& check : checks) {
    const auto failure = outcome_of(check);
    ready = ready && !failure;
    nlohmann::ordered_json entry{{"name", check.name}, {"ok", !failure}};
    if (failure) entry["reason"] = *failure;
    listed.push_back(std::move(entry));
  }
  body["status"] = ready ? "ready" : "not ready";
  body["checks"] = std::move(listed);
  auto text = body.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return routine_response(ready ? 200 : 503, "application/json", std::move(text));
}

}  // namespace

void add_health_routes(Router& router, std::vector<HealthCheck> checks,
                       std::function<std::string()> metrics_text) {
  router.add(
      "GET", "/livez",
      [](const Request&) { return routine_response(200, "text/plain; charset=utf-8", "ok\n"); },
      RunsOn::io_thread);
  router.add("GET", "/readyz",
             [checks = std::move(checks)](const Request&) { return readiness(checks); });
  if (!metrics_text) return;
  router.add("GET", "/metrics", [metrics_text = std::move(metrics_text)](const Request&) {
    return routine_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics_text());
  });
}

}  // namespace mosaic
