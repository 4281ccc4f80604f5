// Asks a server that somebody else named: one request, one bounded answer, no redirects, under the guard's rules.
//
// Thread-safety: fetch() may be called from any thread; it blocks until the deadline at most. Every connection is new and
// verified against the system's certificate authorities.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "http/http_client.hpp"
#include "http/outbound_guard.hpp"

namespace mosaic {

// The guard refuses; what() is a sentence for whoever gave the URL.
class OutboundRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OutboundRequest {
  std::string method = "GET";
  OutboundUrl url;
  std::vector<std::pair<std::string, std::string>> fields;  // beside Host and Content-Length
  std::string body;
  std::chrono::milliseconds deadline =
      std::chrono::seconds(10);  // for all of it, looking up the name included
  std::size_t max_answer_bytes = 64 * 1024;
};

class OutboundClient {
 public:
  virtual ~OutboundClient() = default;
  // Any status, redirects as they are. Throws OutboundRefused and HttpError.
  virtual HttpAnswer fetch(const OutboundRequest& request, const OutboundPolicy& policy) = 0;
};

class GuardedOutboundClient final : public OutboundClient {
 public:
  HttpAnswer fetch(const OutboundRequest& request, const OutboundPolicy& policy) override;
};

// Every address that this host has, for OutboundPolicy::own_addresses.
std::vector<IpAddress> addresses_of_this_host();

}  // namespace mosaic
