#include "model/host_pattern.hpp"

#include <algorithm>
#include <charconv>

namespace mosaic {
namespace {

constexpr std::size_t max_host_bytes = 253;
constexpr std::size_t max_label_bytes = 63;

bool is_label(std::string_view label) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= max_label_bytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), fits);
}

bool is_host(std::string_view host) {
  if (host.size() > max_host_bytes) return false;
  while (true) {
    const auto dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  return port;
}

}  // namespace

bool HostPattern::matches(std::string_view lower_case_host, std::uint16_t asked_port) const {
  if (port ? *port != asked_port : asked_port != 80 && asked_port != 443) return false;
  if (!names_below) return lower_case_host == host;
  return lower_case_host.size() > host.size() + 1 && lower_case_host.ends_with(host) &&
         lower_case_host[lower_case_host.size() - host.size() - 1] == '.';
}

std::optional<HostPattern> parse_host_pattern(std::string_view text) {
  HostPattern pattern;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    pattern.port = parse_port(text.substr(colon + 1));
    if (!pattern.port) return std::nullopt;
    text = text.substr(0, colon);
  }
  pattern.names_below = text.starts_with("*.");
  if (pattern.names_below) text.remove_prefix(2);
  if (!is_host(text)) return std::nullopt;
  pattern.host = text;
  return pattern;
}

std::optional<std::vector<HostPattern>> parse_host_patterns(std::string_view text) {
  std::vector<HostPattern> patterns;
  while (!text.empty()) {
    const auto end = text.find(' ');
    const auto pattern = parse_host_pattern(text.substr(0, end));
    if (!pattern) return std::nullopt;
    patterns.push_back(*pattern);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return patterns;
}

}  // namespace mosaic
