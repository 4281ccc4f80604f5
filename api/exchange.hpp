// The steps between a checked request head and the bytes of a response that need no socket.
//
// Pure functions, but for new request ids, the time of day, and call_handler(), which does what the
// handler does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_guard.hpp"
#include "api/http_message.hpp"
#include "api/router.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

// Everything but the body; the head's texts go into it. The correlation id is the client's when it is plain and short,
// else a new one.
Request make_request(RequestHead& head, const std::string& peer_address);

// Runs the handler and turns whatever it throws into a response.
Response call_handler(const Route& route, const Request& request, const Logger& log);

// Runs the task; what it throws comes back as the response that a handler's failure becomes.
std::optional<Response> failure_of(const std::function<void()>& task, const Request& request,
                                   const Logger& log);

// The answer to a request that failed in a way that nobody foresaw.
Response failure_response();
// The answer when nobody is free to work on a request.
Response busy_response();

enum class ResponseFraming : std::uint8_t { whole, chunks, until_close };

// What goes over the wire before the body, `body_bytes` long when it is whole. No field's value can
// begin another field.
std::string response_head(const Response& response, std::string_view id, ResponseFraming framing,
                          std::uint64_t body_bytes, bool keep_alive);

}  // namespace mosaic
