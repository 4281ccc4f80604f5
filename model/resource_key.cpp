#include "model/resource_key.hpp"

namespace mosaic {

std::string_view short_name(ResourceKind kind) {
  switch (kind) {
    case ResourceKind::user_container:
      return "user";
    case ResourceKind::system_container:
      return "system";
    case ResourceKind::orphan:
      return "orphan";
  }
  return "unknown";
}

std::optional<ResourceKind> parse_resource_kind(std::string_view word) {
  if (word == "user") return ResourceKind::user_container;
  if (word == "system") return ResourceKind::system_container;
  if (word == "orphan") return ResourceKind::orphan;
  return std::nullopt;
}

std::string to_string(const ResourceKey& key) {
  return std::string(short_name(key.kind)) + "/" + key.name;
}

std::optional<ResourceKey> parse_resource_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return std::nullopt;
  const auto kind = parse_resource_kind(text.substr(0, slash));
  if (!kind) return std::nullopt;
  return ResourceKey(*kind, std::string(text.substr(slash + 1)));
}

}  // namespace mosaic
