#include "api/auth/origin_check.hpp"

#include <algorithm>

#include "api/problem.hpp"

namespace mosaic {
namespace {

Response cross_site() {
  return problem(
      403, problem_type::cross_site, "This request was not sent by a page of this server.",
      "Send it from Mosaic's own pages; programs use an API token, or send an Origin field "
      "that is this server's own address.");
}

bool has(const Request& request, std::string_view name) {
  return std::any_of(request.fields.begin(), request.fields.end(),
                     [&](const HttpField& field) { return field.name == name; });
}

// A page's own script asks in mode cors or same-origin; forms navigate, images and beacons are no-cors.
bool is_scripted(const Request& request) {
  if (!has(request, "sec-fetch-mode")) return true;
  const auto mode = request.field("sec-fetch-mode");
  return mode == "cors" || mode == "same-origin";
}

}  // namespace

bool is_unsafe_method(const std::string& method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::optional<Response> refuse_other_origin(const Request& request, const std::string& own_origin) {
  if (has(request, "sec-fetch-site")) {
    if (request.field("sec-fetch-site") == "same-origin" && is_scripted(request))
      return std::nullopt;
    return cross_site();
  }
  const auto origin = request.field("origin");
  if (origin && !own_origin.empty() && *origin == own_origin) return std::nullopt;
  return cross_site();
}

std::optional<Response> refuse_said_other_origin(const Request& request,
                                                 const std::string& own_origin) {
  if (!has(request, "sec-fetch-site") && !has(request, "origin")) return std::nullopt;
  return refuse_other_origin(request, own_origin);
}

std::optional<Response> refuse_other_content(const Request& request) {
  const bool nothing_sent = request.body.empty() && request.method == "DELETE";
  if (nothing_sent) return std::nullopt;
  if (request.field("content-type") && request.lists("content-type", "application/json"))
    return std::nullopt;
  return problem(415, problem_type::wrong_content_type,
                 "With a session, requests that change something must be application/json.",
                 "Send Content-Type: application/json, also with an empty body.");
}

}  // namespace mosaic
