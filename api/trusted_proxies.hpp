// For whom a request was sent that came through a reverse proxy: X-Forwarded-For and X-Forwarded-Proto are believed of the
// addresses that an installation names, and of nobody else, because everybody can write such fields.
//
// Each proxy adds at the right end whom it was asked by. So the list is read from there, and the first address that is no
// trusted proxy is the client: what stands left of it is only what the client said of itself. An entry that is no numeric
// address ends the reading at the proxy that wrote it.
//
// Immutable; safe from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "api/address_range.hpp"
#include "api/http_message.hpp"

namespace mosaic {

class TrustedProxies {
 public:
  TrustedProxies() = default;  // none
  // `never`: who is no proxy even within `proxies`.
  explicit TrustedProxies(std::vector<AddressRange> proxies, std::vector<AddressRange> never = {});

  bool include(std::string_view address) const;

  // Of a request that a trusted proxy sent: whose it is, and whether they came by https. A list of several
  // X-Forwarded-Proto, which only a chain of proxies writes, counts as none.
  void look_behind(Request& request) const;

 private:
  std::vector<AddressRange> proxies_;
  std::vector<AddressRange> never_;
};

}  // namespace mosaic
