#include "runtime/docker/docker_insight.hpp"

#include <algorithm>
#include <utility>

#include "model/naming.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/docker/insight_decoding.hpp"

namespace mosaic {
namespace {

std::string short_id(const std::string& container_id) { return container_id.substr(0, 12); }

// The engine's lines since a whole second, which decode_log() then cuts exactly.
std::string log_path(const std::string& container_id, const LogRange& range) {
  std::string query = "/logs?stdout=true&stderr=true&timestamps=true&tail=" +
                      std::to_string(std::max(range.lines, 1));
  if (const auto after = parse_engine_time(range.after)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*after).time_since_epoch();
    query += "&since=" + std::to_string(seconds.count());
  }
  return engine_path("/containers/", container_id, query);
}

}  // namespace

DockerInsight::DockerInsight(const DockerSettings& settings, const Clock& clock,
                             EngineCallObserver* observer)
    : instance_(settings.instance), engine_(settings.endpoint, clock, observer) {}

std::vector<RunningContainer> DockerInsight::running() {
  EngineRequest request;
  request.route = "/containers/json";
  request.path = "/containers/json?" + engine_filters({{"label",
                                                        {label_filter(label::instance, instance_),
                                                         label_filter(label::role, role::agent)}},
                                                       {"status", {"running"}}});
  request.doing = "list running containers";
  std::vector<RunningContainer> running;
  for (auto& [container] : decode_container_list(engine_.call(request).body, 0)) {
    if (container.state == ContainerState::running)
      running.push_back({std::move(container.key), std::move(container.id)});
  }
  return running;
}

std::optional<ResourceUse> DockerInsight::use(const std::string& container_id, Look look) {
  EngineRequest request;
  request.route = "/containers/{id}/stats";
  request.path =
      engine_path("/containers/", container_id,
                  look == Look::once ? "/stats?stream=false&one-shot=true" : "/stats?stream=false");
  request.doing = "measure container " + short_id(container_id);
  const EngineAnswer answer = engine_.call_accepting(request, {404, 409});
  if (answer.status >= 400) return std::nullopt;
  return decode_use(answer.body, look);
}

std::optional<LogTail> DockerInsight::log_tail(const std::string& container_id,
                                               const LogRange& range) {
  EngineRequest request;
  request.route = "/containers/{id}/logs";
  request.path = log_path(container_id, range);
  request.doing = "read the log of container " + short_id(container_id);
  const EngineAnswer answer = engine_.call_accepting(request, {404, 409});
  if (answer.status >= 400) return std::nullopt;
  return decode_log(answer.body, range);
}

}  // namespace mosaic
