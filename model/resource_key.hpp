// The name of one reconciled thing: all that travels on the work queue.
//
// A plain value. `name` is the row's id, which never changes during the row's life.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic {

enum class ResourceKind : std::uint8_t {
  user_container,    // a row of "UserContainer"
  system_container,  // a row of "SystemContainer"
  // engine objects that carry our labels but may have no row; name = "user/<row id>" …
  orphan,
};

struct ResourceKey {
  ResourceKind kind = ResourceKind::user_container;
  std::string name;

  ResourceKey() = default;
  ResourceKey(ResourceKind key_kind, std::string key_name)
      : kind(key_kind), name(std::move(key_name)) {}

  auto operator<=>(const ResourceKey&) const = default;
};

// "user", "system", "orphan": the words of labels, URLs and the command line.
std::string_view short_name(ResourceKind kind);
std::optional<ResourceKind> parse_resource_kind(std::string_view word);

// "user/c123".
std::string to_string(const ResourceKey& key);
// The inverse of to_string; nothing for anything else.
std::optional<ResourceKey> parse_resource_key(std::string_view text);

}  // namespace mosaic

template <>
struct std::hash<mosaic::ResourceKey> {
  std::size_t operator()(const mosaic::ResourceKey& key) const noexcept {
    return std::hash<std::string>{}(key.name) * 31 + static_cast<std::size_t>(key.kind);
  }
};
