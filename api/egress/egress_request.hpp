// What an agent asks the egress proxy for, read from the head of its request on the raw bytes: CONNECT, or a request in
// absolute form to plain http.
//
// A pure function, as strict as http_guard.hpp. What passes has one target, which passed outbound_guard.hpp's rules for
// URLs, at most one credential, and a body whose length is known beforehand; after it no second request is read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/http_guard.hpp"
#include "http/outbound_guard.hpp"
#include "model/resource_key.hpp"

namespace mosaic {

struct EgressCredential {
  ResourceKey agent;
  std::string secret;  // see secrets/egress_credential.hpp
};

struct EgressRequest {
  bool tunnel = false;  // CONNECT: bytes both ways
  OutboundUrl target;
  std::optional<EgressCredential> credential;  // nothing: none, or one that nobody can have
  // What the target is sent first, when it is no tunnel: origin form, "Connection: close", none of what was meant for us.
  std::string forwarded_head;
  std::uint64_t body_bytes = 0;  // that follow the head, when it is no tunnel
};

// `head`: everything up to and including the empty line.
std::variant<EgressRequest, Rejection> read_egress_request(std::string_view head,
                                                           const HeadLimits& limits);

}  // namespace mosaic
