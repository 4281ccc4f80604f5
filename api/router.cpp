#include "api/router.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "api/problem.hpp"

namespace mosaic {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{';
}

using Parameters = std::map<std::string, std::string>;

bool takes_the_rest(const std::string& segment) {
  return is_parameter(segment) && segment.ends_with("...}");
}

std::string joined(const std::vector<std::string>& path, std::size_t from) {
  auto text = path[from];
  for (auto i = from + 1; i < path.size(); ++i) text += "/" + path[i];
  return text;
}

// Segments are split before they are decoded, so an encoded slash never makes a new segment.
std::optional<Parameters> match(const Route& route, const std::vector<std::string>& path) {
  const bool open_ended = takes_the_rest(route.segments.back());
  if (open_ended ? path.size() < route.segments.size() : path.size() != route.segments.size())
    return std::nullopt;
  Parameters parameters;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    const auto& expected = route.segments[i];
    if (takes_the_rest(expected)) {
      parameters[expected.substr(1, expected.size() - 5)] = joined(path, i);
      break;
    }
    if (!is_parameter(expected)) {
      if (expected != path[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decoded(path[i]);
    if (!value || value->empty()) return std::nullopt;
    parameters[expected.substr(1, expected.size() - 2)] = std::move(*value);
  }
  return parameters;
}

bool method_matches(const Route& route, const std::string& method) {
  return route.method == method || (method == "HEAD" && route.method == "GET" && !route.stream);
}

Response method_not_allowed(const std::set<std::string>& methods) {
  std::string allow;
  for (const auto& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  auto response =
      problem(405, problem_type::method_not_allowed, "This path does not answer to that method.",
              "Use one of: " + allow + ".");
  response.set_field("Allow", std::move(allow));
  return response;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Handler handler, RunsOn runs_on) {
  Route route;
  route.method = std::move(method);
  route.handler = std::move(handler);
  route.runs_on = runs_on;
  add(std::move(route), pattern);
}

void Router::add_stream(std::string method, std::string_view pattern,
                        std::shared_ptr<StreamHandler> stream) {
  Route route;
  route.method = std::move(method);
  route.stream = std::move(stream);
  add(std::move(route), pattern);
}

void Router::set_fallback(Handler handler) {
  Route route;
  route.method = "GET";
  route.handler = std::move(handler);
  route.runs_on = RunsOn::io_thread;
  fallback_ = std::move(route);
}

void Router::add(Route route, std::string_view pattern) {
  route.segments = split(pattern);
  if (std::none_of(route.segments.begin(), route.segments.end(), is_parameter))
    plain_routes_[std::string(pattern)].push_back(routes_.size());
  routes_.push_back(std::move(route));
}

std::variant<const Route*, Response> Router::find(Request& request) const {
  if (!request.path.starts_with('/')) return not_found_response();
  if (const auto plain = plain_routes_.find(request.path); plain != plain_routes_.end()) {
    for (const auto index : plain->second) {
      if (routes_[index].method == request.method) return &routes_[index];
    }
  }
  const auto path = split(request.path);
  std::set<std::string> other_methods;
  for (const auto& route : routes_) {
    auto parameters = match(route, path);
    if (!parameters) continue;
    if (method_matches(route, request.method)) {
      request.parameters = std::move(*parameters);
      return &route;
    }
    other_methods.insert(route.method);
    if (route.method == "GET" && !route.stream) other_methods.insert("HEAD");
  }
  if (other_methods.empty() && fallback_ && method_matches(*fallback_, request.method))
    return &*fallback_;
  if (other_methods.empty()) return not_found_response();
  return method_not_allowed(other_methods);
}

void Router::set_error_form(std::string_view prefix, ErrorForm form) {
  error_forms_.emplace_back(prefix, std::move(form));
}

Response Router::in_its_form(std::string_view path, Response response) const {
  constexpr int first_error = 400;
  if (response.status < first_error) return response;
  for (const auto& [prefix, form] : error_forms_) {
    const auto rest = path.starts_with(prefix) ? path.substr(prefix.size()) : "?";
    if (rest.empty() || rest.front() == '/') return form(response);
  }
  return response;
}

}  // namespace mosaic
