#include "api/exchange.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "api/problem.hpp"
#include "secrets/token.hpp"
#include "store/store.hpp"

namespace mosaic {
namespace {

constexpr std::size_t max_id_bytes = 64;

bool is_plain_id(std::string_view id) {
  return !id.empty() && id.size() <= max_id_bytes && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// Made once a second by each thread.
std::string_view http_date() {
  thread_local std::time_t made_at = 0;
  thread_local std::array<char, 64> text{};
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made_at || size == 0) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    made_at = now;
  }
  return {text.data(), size};
}

// Random, but nobody's secret: one draw of this thread serves many requests.
std::string request_id() {
  constexpr std::string_view letters = "0123456789abcdefghijklmnopqrstuv";  // five bits each
  constexpr std::size_t characters = 24;
  thread_local std::array<std::uint8_t, characters * 64> supply;
  thread_local std::size_t used = supply.size();
  if (used == supply.size()) {
    fill_random(supply);
    used = 0;
  }
  std::string id(1 + characters, 'r');
  for (std::size_t i = 1; i <= characters; ++i) id[i] = letters[supply[used++] & 31U];
  return id;
}

// Nothing that a handler puts into a field may begin a field of its own.
void append_on_one_line(std::string& text, std::string_view value) {
  const auto begin = text.size();
  text.append(value);
  std::replace_if(
      text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
}

}  // namespace

Request make_request(RequestHead& head, const std::string& peer_address) {
  Request request;
  request.method = std::move(head.method);
  request.path = std::move(head.target);
  const auto question = request.path.find('?');
  if (question != std::string::npos) {
    request.query = request.path.substr(question + 1);
    request.path.erase(question);
  }
  request.fields = std::move(head.fields);
  request.peer_address = peer_address;
  const auto given = request.field("x-request-id");
  request.id = given && is_plain_id(*given) ? std::string(*given) : request_id();
  return request;
}

Response call_handler(const Route& route, const Request& request, const Logger& log) {
  const auto here = log.with_correlation(request.id);
  try {
    return route.handler(request);
  } catch (const StoreError& error) {
    here.warning("the database did not answer a request",
                 {{Field::path, request.path}, {Field::error, error.what()}});
    auto response = problem(503, problem_type::database_away,
                            "The database does not answer at the moment.", "Try again shortly.");
    response.set_field("Retry-After", "2");
    return response;
  } catch (const std::exception& error) {
    here.error("a handler failed", {{Field::path, request.path}, {Field::error, error.what()}});
    return failure_response();
  }
}

std::optional<Response> failure_of(const std::function<void()>& task, const Request& request,
                                   const Logger& log) {
  std::optional<Response> failure;
  Route route;
  route.handler = [&](const Request&) {
    task();
    return Response();
  };
  auto response = call_handler(route, request, log);
  if (response.status != 200) failure = std::move(response);
  return failure;
}

Response failure_response() {
  return problem(500, problem_type::internal, "This request failed for a reason of our own.",
                 "Tell an admin the X-Request-Id of this answer: the log has the reason under it.");
}

Response busy_response() {
  auto response = problem(503, problem_type::busy, "Too many requests are waiting.",
                          "Send the request again in a moment.");
  response.set_field("Retry-After", "1");
  return response;
}

std::string response_head(const Response& response, std::string_view id, ResponseFraming framing,
                          std::uint64_t body_bytes, bool keep_alive) {
  std::string text;
  text.reserve(512);
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason_phrase(response.status));
  for (const auto& field : response.fields) {
    text.append("\r\n").append(field.name).append(": ");
    append_on_one_line(text, field.value);
  }
  text.append("\r\nDate: ").append(http_date()).append("\r\nX-Content-Type-Options: nosniff");
  if (!id.empty()) append_on_one_line(text.append("\r\nX-Request-Id: "), id);
  if (!keep_alive) text.append("\r\nConnection: close");
  const bool bodiless = response.status == 204 || response.status == 304;
  if (framing == ResponseFraming::chunks) text.append("\r\nTransfer-Encoding: chunked");
  if (framing == ResponseFraming::whole && !bodiless)
    text.append("\r\nContent-Length: ").append(std::to_string(body_bytes));
  return text.append("\r\n\r\n");
}

}  // namespace mosaic
