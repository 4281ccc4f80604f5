#include "test/e2e/engine.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "http/http_error.hpp"
#include "model/naming.hpp"
#include "test/e2e/database.hpp"

namespace mosaic::e2e {
namespace {

using Json = nlohmann::json;
constexpr std::chrono::seconds call_limit{30};

HttpEndpoint endpoint_of(const std::string& address) {
  const std::string scheme = "unix://";
  if (!address.starts_with(scheme))
    throw std::runtime_error("MOSAIC_TEST_ENGINE must be unix:///PATH: run ./dev test");
  HttpEndpoint result;
  result.socket_path = address.substr(scheme.size());
  return result;
}

std::string by_instance(const std::string& instance) {
  const Json filter{{"label", {std::string(label::instance) + "=" + instance}}};
  return "filters=" + percent_encode(filter.dump());
}

std::string label_of(const Json& object, std::string_view name) {
  const auto labels = object.find("Labels");
  if (labels == object.end() || !labels->is_object()) return {};
  return labels->value(std::string(name), std::string{});
}

}  // namespace

Engine::Engine(const std::string& address)
    : address_(address.empty() ? required_environment("MOSAIC_TEST_ENGINE") : address),
      client_(endpoint_of(address_)) {}

Json Engine::get(const std::string& target) {
  HttpRequest request;
  request.target = target;
  request.repeatable = true;
  const auto answer = client_.call(request, WaitLimit::in(call_limit));
  if (answer.status == 404) return nullptr;
  if (answer.status != 200)
    throw std::runtime_error("the engine answered " + std::to_string(answer.status) + " to " +
                             target);
  return Json::parse(answer.body);
}

std::vector<SeenContainer> Engine::containers(const std::string& instance) {
  std::vector<SeenContainer> seen;
  for (const auto& container : get("/containers/json?all=true&" + by_instance(instance))) {
    SeenContainer one;
    one.id = container.at("Id");
    one.name =
        container.at("Names").empty() ? "" : container.at("Names")[0].get<std::string>().substr(1);
    one.state = container.at("State");
    one.kind = label_of(container, label::kind);
    one.row = label_of(container, label::id);
    one.role = label_of(container, label::role);
    seen.push_back(std::move(one));
  }
  return seen;
}

std::vector<SeenNetwork> Engine::networks(const std::string& instance) {
  std::vector<SeenNetwork> seen;
  for (const auto& network : get("/networks?" + by_instance(instance))) {
    seen.push_back(
        {network.at("Name"), label_of(network, label::kind), label_of(network, label::id)});
  }
  return seen;
}

std::vector<std::string> Engine::volumes(const std::string& instance) {
  std::vector<std::string> names;
  const auto answer = get("/volumes?" + by_instance(instance));
  if (!answer.at("Volumes").is_array()) return names;
  for (const auto& volume : answer.at("Volumes")) names.push_back(volume.at("Name"));
  std::sort(names.begin(), names.end());  // the engine has no order of its own
  return names;
}

Json Engine::inspect(const std::string& container) {
  return get("/containers/" + container + "/json");
}

bool Engine::answers() {
  try {
    return !get("/version").is_null();
  } catch (const HttpError&) {
    return false;
  }
}

std::string Engine::docker(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "docker");
  Command command{arguments, {{"DOCKER_HOST", address_}}, {}};
  auto finished = e2e::run(command);
  if (finished.exit_code != 0)
    throw std::runtime_error("docker " + arguments.at(1) + ": " + finished.err);
  while (finished.out.ends_with('\n')) finished.out.pop_back();
  return finished.out;
}

void Engine::make_image(const std::string& name, const std::string& base, const std::string& change,
                        const std::string& program) {
  const std::string container = docker({"create", base});
  if (!program.empty()) {
    const auto file =
        std::filesystem::temp_directory_path() / ("e2e-program-" + std::to_string(::getpid()));
    std::ofstream(file) << program;
    std::filesystem::permissions(file, std::filesystem::perms(0755));
    docker({"cp", file.string(), container + ":/usr/local/bin/openclaw"});
    std::filesystem::remove(file);
  }
  docker({"commit", "--change", change, container, name});
  docker({"rm", container});
}

void Engine::remove_everything_of(const std::string& instance) {
  for (const auto& container : containers(instance)) docker({"rm", "--force", container.id});
  for (const auto& network : networks(instance)) docker({"network", "rm", network.name});
  for (const auto& volume : volumes(instance)) docker({"volume", "rm", "--force", volume});
}

std::string instant_image() { return required_environment("MOSAIC_TEST_INSTANT_IMAGE"); }

}  // namespace mosaic::e2e
