// Server-sent events to one client, for routes like the fleet page's: an immediate comment, one every 15 seconds so
// that proxies keep the connection, a bounded buffer per client, and an end once the caller may no longer listen
// (standing_rights.hpp): what is sent after a change of their account waits until their right was looked at.
//
// An EventChannel may be used from any thread. Its other end lives on the client's I/O thread; it ends when the client
// goes, when the caller may no longer listen, when the server stops, and when the buffer is full: the client then
// connects again and says with Last-Event-ID where it was.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "api/access.hpp"
#include "api/http_message.hpp"
#include "api/router.hpp"
#include "api/standing_rights.hpp"

namespace mosaic {

class EventChannel {
 public:
  virtual ~EventChannel() = default;
  // `event` and `id` may be empty; `data` may have several lines. False: nobody listens any more.
  virtual bool send(std::string_view event, std::string_view id, std::string_view data) = 0;
  virtual bool closed() const = 0;
};

struct EventStreamLimits {
  std::size_t buffer_bytes = 256 * 1024;  // of what the client has not taken yet
  std::chrono::milliseconds comment_interval{15'000};
};

// Begins to send events into the channel. Called on a worker once the caller is admitted; what it returns is destroyed,
// on a worker or on an I/O thread, when nobody listens any more. It may throw StoreError.
using OpenEvents = std::function<std::shared_ptr<void>(const Request&, const Caller&,
                                                       std::shared_ptr<EventChannel>)>;

// GET `pattern`. The rights outlive the router.
void add_event_stream(Router& router, std::string_view pattern, StandingRights& rights,
                      AccessRule rule, OpenEvents open, EventStreamLimits limits = {});

}  // namespace mosaic
