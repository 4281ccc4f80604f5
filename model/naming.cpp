#include "model/naming.hpp"

#include <cstdint>
#include <cstdio>

namespace mosaic {
namespace {

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z'); }

std::string base_name(const AgentIdentity& identity) {
  return "mosaic-" + identity.instance.substr(0, 8) + "-" +
         std::string(short_name(identity.key.kind)) + "-" + encode_owner(identity.owner);
}

// FNV-1a; a host name needs to be stable, not unguessable or unique.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

}  // namespace

std::string encode_owner(std::string_view owner) {
  constexpr char digits[] = "0123456789abcdef";
  std::string encoded;
  encoded.reserve(owner.size());
  for (const char c : owner) {
    if (is_lower_alphanumeric(c) || c == '-') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('_');
      encoded.push_back(digits[byte >> 4]);
      encoded.push_back(digits[byte & 15]);
    }
  }
  return encoded;
}

bool valid_container_name(std::string_view name) {
  if (name.size() < 2 || name.size() > 128 || !is_alphanumeric(name.front())) return false;
  for (const char c : name) {
    if (!is_alphanumeric(c) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

std::string state_volume_name(const AgentIdentity& identity) {
  return base_name(identity) + "-state";
}
std::string workspace_volume_name(const AgentIdentity& identity) {
  return base_name(identity) + "-workspace";
}
std::string network_name(const AgentIdentity& identity) { return base_name(identity) + "-net"; }

std::string host_name(const AgentIdentity& identity) {
  char name[32];
  std::snprintf(name, sizeof name, "agent-%016llx",
                static_cast<unsigned long long>(stable_hash(base_name(identity))));
  return name;
}

}  // namespace mosaic
