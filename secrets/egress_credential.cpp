#include "secrets/egress_credential.hpp"

#include <cstdint>
#include <span>

#include "secrets/base64url.hpp"
#include "secrets/key_derivation.hpp"

namespace mosaic {
namespace {

constexpr std::string_view purpose = "mosaic egress proxy, version 1";

}  // namespace

std::string egress_secret(std::string_view agent_token) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(agent_token.data());
  return hmac_sha256_hex(std::span(bytes, agent_token.size()), purpose);
}

std::string egress_user(const ResourceKey& agent) {
  return std::string(short_name(agent.kind)) + "." + base64url_encode(agent.name);
}

std::optional<ResourceKey> agent_of_egress_user(std::string_view user) {
  const auto dot = user.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto kind = parse_resource_kind(user.substr(0, dot));
  const auto id = base64url_decode(user.substr(dot + 1));
  const bool known =
      kind && id && !id->empty() && id->find('\0') == std::string::npos &&
      (*kind == ResourceKind::user_container || *kind == ResourceKind::system_container);
  if (!known) return std::nullopt;
  return ResourceKey(*kind, *id);
}

}  // namespace mosaic
