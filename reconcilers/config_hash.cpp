#include "reconcilers/config_hash.hpp"

#include <algorithm>
#include <charconv>

namespace mosaic {
namespace {

constexpr int most_failures = 1000;

std::string_view boot_part(std::string_view hash) { return hash.substr(0, hash.find('.')); }

std::string_view live_part(std::string_view hash) {
  const auto dot = hash.find('.');
  return dot == std::string_view::npos ? std::string_view() : hash.substr(dot + 1);
}

}  // namespace

std::string join_config_hash(std::string_view boot, std::string_view live) {
  return std::string(boot) + "." + std::string(live);
}

bool same_boot_part(std::string_view one, std::string_view other) {
  return boot_part(one) == boot_part(other);
}

std::string unread_config_hash(std::string_view wanted, std::string_view version) {
  return std::string(wanted) + "@" + std::string(version);
}

bool is_unread(std::string_view recorded) { return recorded.find('@') != std::string_view::npos; }

bool is_current(std::string_view recorded, std::string_view wanted, std::string_view version) {
  return recorded == (is_unread(recorded) ? unread_config_hash(wanted, version) : wanted);
}

std::string doubtful_config_hash(std::string_view recorded, int failed_reloads) {
  return join_config_hash(boot_part(recorded), "?" + std::to_string(failed_reloads));
}

std::optional<int> failed_reloads(std::string_view recorded) {
  const std::string_view live = live_part(recorded);
  if (!live.starts_with('?')) return std::nullopt;
  int count = 0;
  std::from_chars(live.data() + 1, live.data() + live.size(), count);
  return std::clamp(count, 0, most_failures);
}

}  // namespace mosaic
