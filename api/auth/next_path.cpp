#include "api/auth/next_path.hpp"

#include <algorithm>

namespace mosaic {
namespace {

constexpr std::size_t max_bytes = 512;

bool is_plain(char c) {
  constexpr std::string_view others = "-._~!$'()*+,;=:@/";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

bool is_plain_in_query(char c) { return is_plain(c) || c == '%' || c == '&' || c == '?'; }

bool has_odd_segment(std::string_view path) {
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    const auto segment = path.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (segment == "." || segment == ".." || (segment.empty() && !last)) return true;
    if (last) return false;
    path.remove_prefix(slash + 1);
  }
}

bool is_safe(std::string_view next) {
  if (next.empty() || next.size() > max_bytes || next.front() != '/') return false;
  const auto end_of_path = std::min(next.find_first_of("?#"), next.size());
  const auto path = next.substr(0, end_of_path);
  auto rest = next.substr(end_of_path);
  if (!std::all_of(path.begin(), path.end(), is_plain) || has_odd_segment(path)) return false;
  const auto hash = std::min(rest.find('#'), rest.size());
  const auto query = rest.substr(0, hash);
  const auto fragment = rest.substr(std::min(hash + 1, rest.size()));
  if (!std::all_of(query.begin(), query.end(), is_plain_in_query) ||
      !std::all_of(fragment.begin(), fragment.end(), is_plain_in_query))
    return false;
  return path != "/api" && !path.starts_with("/api/");  // pages only: a link must not do anything
}

}  // namespace

std::string safe_next_path(std::string_view next) {
  return is_safe(next) ? std::string(next) : std::string("/");
}

}  // namespace mosaic
