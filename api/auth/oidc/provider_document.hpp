// What an issuer says of itself at /.well-known/openid-configuration.
//
// Pure functions over hostile input; nothing throws.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "http/outbound_guard.hpp"

namespace mosaic::oidc {

enum class ClientAuthentication : std::uint8_t { basic, post };

struct ProviderDocument {
  std::string authorization_endpoint;  // a browser goes there
  OutboundUrl token_endpoint;
  OutboundUrl key_set;
  ClientAuthentication client_authentication = ClientAuthentication::basic;
};

struct Unusable {
  std::string reason;  // one sentence for admins
};

// Where the document of an issuer is.
std::variant<OutboundUrl, Unusable> document_url(const std::string& issuer);

// `issuer` must be, to the byte, what the document calls itself.
std::variant<ProviderDocument, Unusable> parse_provider_document(std::string_view json,
                                                                 const std::string& issuer);

}  // namespace mosaic::oidc
