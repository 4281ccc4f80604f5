#include "api/provider_credential.hpp"

#include <algorithm>
#include <array>

#include "api/http_fields.hpp"

namespace mosaic {
namespace {

constexpr std::string_view bearer = "Bearer ";

struct Field {
  std::string_view api;
  std::string_view name;
};

// Whatever is not listed takes a bearer.
constexpr std::array<Field, 3> own_fields{{{"anthropic-messages", "x-api-key"},
                                           {"google-generative-ai", "x-goog-api-key"},
                                           {"azure-openai-responses", "api-key"}}};

}  // namespace

std::pair<std::string, std::string> provider_credential(std::string_view api,
                                                        const std::string& key) {
  const auto* const own = std::find_if(own_fields.begin(), own_fields.end(),
                                       [&](const Field& field) { return field.api == api; });
  if (own != own_fields.end()) return {std::string(own->name), key};
  return {"Authorization", std::string(bearer) + key};
}

bool is_credential_field(std::string_view lower_case_name) {
  return lower_case_name == "authorization" ||
         std::any_of(own_fields.begin(), own_fields.end(),
                     [&](const Field& field) { return field.name == lower_case_name; });
}

std::string_view shown_key(const std::vector<HttpField>& fields) {
  std::string_view shown;
  for (const auto& field : fields) {
    if (!is_credential_field(field.name)) continue;
    if (!shown.empty()) return {};
    shown = field.value;
    if (field.name != "authorization") continue;
    const bool named = equal_ignoring_case(shown.substr(0, bearer.size()), bearer);
    shown = named ? shown.substr(bearer.size()) : std::string_view();
  }
  return shown;
}

}  // namespace mosaic
