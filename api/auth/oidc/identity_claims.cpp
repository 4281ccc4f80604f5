#include "api/auth/oidc/identity_claims.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "secrets/token.hpp"

namespace mosaic::oidc {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_subject_bytes = 255;
constexpr std::size_t max_shown_bytes = 256;
constexpr std::size_t max_roles = 256;
constexpr double latest_second = 253402300799.0;  // the year 9999

Distrust distrust(std::string_view reason) { return Distrust{std::string(reason)}; }

std::string text_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<TimePoint> time_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= latest_second)) return std::nullopt;
  return TimePoint(std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
}

// One line of at most so many bytes, cut between characters.
std::string shown(std::string text) {
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (text.size() <= max_shown_bytes) return text;
  std::size_t end = max_shown_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::vector<std::string> audiences_of(const Json& claims) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  std::vector<std::string> audiences;
  if (!found->is_array()) return {};
  for (const auto& entry : *found) {
    if (!entry.is_string()) return {};
    audiences.push_back(entry.get<std::string>());
  }
  return audiences;
}

// The claim of exactly that name, else the one that the dots lead to.
const Json* find_claim(const Json& claims, std::string_view path) {
  const auto exact = claims.find(std::string(path));
  if (exact != claims.end()) return &*exact;
  const Json* here = &claims;
  while (true) {
    const auto dot = path.find('.');
    if (!here->is_object()) return nullptr;
    const auto next = here->find(std::string(path.substr(0, dot)));
    if (next == here->end()) return nullptr;
    here = &*next;
    if (dot == std::string_view::npos) return here;
    path.remove_prefix(dot + 1);
  }
}

std::vector<std::string> roles_of(const Json& claims, const std::string& path) {
  const Json* claim = path.empty() ? nullptr : find_claim(claims, path);
  if (claim == nullptr) return {};
  if (claim->is_string()) return {claim->get<std::string>()};
  std::vector<std::string> roles;
  if (!claim->is_array() || claim->size() > max_roles) return {};
  for (const auto& entry : *claim) {
    if (entry.is_string()) roles.push_back(entry.get<std::string>());
  }
  return roles;
}

std::optional<Distrust> check_times(const Json& claims, TimePoint now) {
  const auto expires = time_of(claims, "exp");
  const auto issued = time_of(claims, "iat");
  if (!expires || !issued) return distrust("the ID token has no valid exp or iat");
  if (now >= *expires + clock_skew) return distrust("the ID token has expired");
  if (*issued > now + clock_skew) return distrust("the ID token is from the future");
  if (!claims.contains("nbf")) return std::nullopt;
  const auto not_before = time_of(claims, "nbf");
  if (!not_before || *not_before > now + clock_skew)
    return distrust("the ID token is not valid yet");
  return std::nullopt;
}

std::optional<Distrust> check_addressee(const Json& claims, const Expected& expected) {
  const auto audiences = audiences_of(claims);
  if (std::find(audiences.begin(), audiences.end(), expected.client_id) == audiences.end())
    return distrust("the ID token is for another client");
  const bool has_party = claims.contains("azp");
  if (audiences.size() > 1 && !has_party)
    return distrust("the ID token is for several clients and does not say which");
  if (has_party && text_of(claims, "azp") != expected.client_id)
    return distrust("the ID token was issued to another client");
  return std::nullopt;
}

}  // namespace

std::variant<Identity, Distrust> read_identity(std::string_view text, const Expected& expected) {
  const auto claims = Json::parse(text, nullptr, false);
  if (claims.is_discarded() || !claims.is_object())
    return distrust("the ID token is no JSON object");
  if (text_of(claims, "iss") != expected.issuer)
    return distrust("the ID token is of another issuer");
  if (auto wrong = check_addressee(claims, expected)) return *wrong;
  if (auto wrong = check_times(claims, expected.now)) return *wrong;
  if (expected.nonce.empty() || !constant_time_equal(text_of(claims, "nonce"), expected.nonce))
    return distrust("the ID token is for another sign-in (nonce)");
  Identity identity;
  identity.subject = text_of(claims, "sub");
  if (identity.subject.empty() || identity.subject.size() > max_subject_bytes ||
      identity.subject.find('\0') != std::string::npos)
    return distrust("the ID token has no valid subject");
  identity.email = shown(text_of(claims, "email"));
  for (const auto* name : {"name", "preferred_username", "email", "sub"}) {
    if (identity.name.empty()) identity.name = shown(text_of(claims, name));
  }
  identity.roles = roles_of(claims, expected.role_claim);
  return identity;
}

}  // namespace mosaic::oidc
