#include "runtime/docker/engine_kinds.hpp"

#include <algorithm>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_json.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {
namespace {

// On every container that is a service's task.
constexpr const char* service_of_task = "com.docker.swarm.service.id";

nlohmann::json agents_among(EngineClient& engine, const std::string& instance,
                            std::string_view route, const std::string& query, const char* what) {
  EngineRequest request;
  request.route = route;
  request.path =
      std::string(route) + "?" + query +
      engine_filters(
          {{"label",
            {label_filter(label::instance, instance), label_filter(label::role, role::agent)}}});
  request.doing = std::string("list ") + what;
  return engine_json::parse_list(engine.call(request).body, what);
}

}  // namespace

void refuse_agents_that_are_services(EngineClient& engine, const std::string& instance) {
  if (agents_among(engine, instance, "/services", "", "services").empty()) return;
  throw EngineError(EngineErrorKind::refused,
                    "agents of this fleet are services of the swarm that this engine manages: give "
                    "--engine-kind swarm, or delete the agents there first");
}

void refuse_agents_of_the_plain_engine(EngineClient& engine, const std::string& instance) {
  using namespace engine_json;
  const nlohmann::json containers =
      agents_among(engine, instance, "/containers/json", "all=true&", "containers");
  const bool plain =
      std::any_of(containers.begin(), containers.end(), [](const nlohmann::json& one) {
        return label_of(member(one, "Labels"), service_of_task).empty();
      });
  if (!plain) return;
  throw EngineError(
      EngineErrorKind::refused,
      "agents of this fleet are containers of this one engine, and a swarm would not "
      "find their state: give --engine-kind docker, or delete the agents there first");
}

}  // namespace mosaic
