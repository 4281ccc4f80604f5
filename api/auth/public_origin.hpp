// Under which origin a browser sees us: what cookies are called, and what an Origin must be equal to.
//
// Immutable; safe from any thread. Where no public URL is set, a request's own Host says the name; it is plain http on this
// host's own names or where that is set, unless a trusted proxy says https, and https everywhere else (a proxy ends TLS
// before us). That a proxy says http takes nothing away: cookies without TLS are for --plain-http to allow.
#pragma once

#include <string>
#include <string_view>

#include "api/http_message.hpp"

namespace mosaic {

class PublicOrigin {
 public:
  // `url`: scheme, host and port without a path, or empty. Throws std::invalid_argument with one line.
  PublicOrigin(const std::string& url, bool plain_http);

  bool secure(const Request& request) const;
  // "https://fleet.example.com"; empty when nothing is set and the request has no single Host.
  std::string of(const Request& request) const;

 private:
  std::string origin_;  // empty: by Host
  bool plain_http_;
};

}  // namespace mosaic
