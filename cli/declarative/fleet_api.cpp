#include "cli/declarative/fleet_api.hpp"

#include <chrono>

#include "cli/failure.hpp"
#include "http/http_error.hpp"
#include "http/outbound_guard.hpp"

namespace mosaic::cli {
namespace {

constexpr std::chrono::milliseconds patience = std::chrono::seconds(30);

HttpEndpoint endpoint_of(const std::string& server) {
  const auto parsed = parse_outbound_url(server);
  const auto* url = std::get_if<OutboundUrl>(&parsed);
  if (url == nullptr || url->target != "/")
    throw UsageError("--server: give the API's address, such as http://127.0.0.1:8080");
  HttpEndpoint endpoint;
  endpoint.host = url->host;
  endpoint.port = url->port;
  endpoint.host_field = url->host_field();
  if (url->https) endpoint.tls = TlsFiles{};
  return endpoint;
}

std::string text_of(const Json& problem, const char* field) {
  const auto found = problem.find(field);
  return found != problem.end() && found->is_string() ? found->get<std::string>() : "";
}

// "memoryMb must be …" of each complaint, else what the API says as a whole.
std::string explanation(const HttpAnswer& answer) {
  const auto problem = Json::parse(answer.body, nullptr, false);
  if (!problem.is_object()) return "HTTP status " + std::to_string(answer.status);
  std::string text;
  const auto errors = problem.find("errors");
  if (errors != problem.end() && errors->is_array()) {
    for (const auto& error : *errors) {
      if (error.is_object())
        text +=
            (text.empty() ? "" : "; ") + text_of(error, "field") + " " + text_of(error, "message");
    }
  }
  if (!text.empty()) return text;
  return text_of(problem, "detail") + " " + text_of(problem, "remedy");
}

}  // namespace

FleetApi::FleetApi(const ApiAccess& access) : access_(access) {
  if (access_.token.empty()) {
    throw UsageError(
        "MOSAIC_TOKEN is not set: make an API token (Account, or POST /api/account/tokens), " +
        access_.needed);
  }
  try {
    client_ = std::make_unique<HttpClient>(endpoint_of(access_.server));
  } catch (const HttpError& error) {
    throw CommandError("cannot use " + access_.server + ": " + error.what());
  }
}

Json FleetApi::get(const std::string& path) {
  HttpRequest request;
  request.target = path;
  request.repeatable = true;
  return exchange(std::move(request), "read " + path.substr(0, path.find('?')));
}

Json FleetApi::send(const std::string& method, const std::string& path, const Json& body,
                    const std::string& doing) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  if (!body.is_null()) request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return exchange(std::move(request), doing);
}

Json FleetApi::exchange(HttpRequest request, const std::string& doing) {
  request.fields.emplace_back("Authorization", "Bearer " + access_.token);
  HttpAnswer answer;
  try {
    answer = client_->call(request, WaitLimit::in(patience));
  } catch (const HttpError& error) {
    throw CommandError("cannot " + doing + ": " + access_.server + ": " + error.what() +
                       "; is the API there? See --server");
  }
  if (answer.status == 401)
    throw CommandError("MOSAIC_TOKEN is not accepted by " + access_.server + ": make another one");
  if (answer.status == 403 || (answer.status == 404 && request.method == "GET")) {
    throw CommandError("cannot " + doing + ": the token must be " + access_.needed);
  }
  if (answer.status >= 300) throw CommandError("cannot " + doing + ": " + explanation(answer));
  if (answer.body.empty()) return Json::object();
  auto json = Json::parse(answer.body, nullptr, false);
  if (json.is_discarded())
    throw CommandError(access_.server + " does not answer as Mosaic Fleet does");
  return json;
}

}  // namespace mosaic::cli
