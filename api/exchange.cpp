#include "api/exchange.hpp"

#include <algorithm>
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

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

// Nothing that a handler puts into a field may begin a field of its own.
std::string on_one_line(std::string value) {
  std::replace_if(
      value.begin(), value.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return value;
}

}  // namespace

Request make_request(RequestHead head, const std::string& peer_address) {
  Request request;
  request.method = std::move(head.method);
  const auto question = head.target.find('?');
  request.path = head.target.substr(0, question);
  if (question != std::string::npos) request.query = head.target.substr(question + 1);
  request.fields = std::move(head.fields);
  request.peer_address = peer_address;
  const auto given = request.field("x-request-id");
  request.id = given && is_plain_id(*given) ? std::string(*given) : random_id();
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
    return problem(
        500, problem_type::internal, "This request failed for a reason of our own.",
        "Tell an admin the X-Request-Id of this answer: the log has the reason under it.");
  }
}

std::string response_text(const Response& response, const std::string& id, bool with_body,
                          bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(reason_phrase(response.status)) + "\r\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    text.append(name).append(": ").append(on_one_line(value)).append("\r\n");
  };
  for (const auto& field : response.fields) add(field.name, field.value);
  add("Date", http_date());
  add("X-Content-Type-Options", "nosniff");
  if (!id.empty()) add("X-Request-Id", id);
  if (!keep_alive) add("Connection", "close");
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) add("Content-Length", std::to_string(response.body.size()));
  text += "\r\n";
  if (with_body && !bodiless) text += response.body;
  return text;
}

}  // namespace mosaic
