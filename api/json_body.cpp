#include "api/json_body.hpp"

#include <nlohmann/json.hpp>
#include <set>

namespace mosaic {
namespace {

using Json = nlohmann::json;

constexpr int deepest = 32;

// Refuses what the parser alone lets pass: keys that stand twice, and nesting without end.
class Strict {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest) too_deep = true;
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end && !keys_.empty()) keys_.pop_back();
    if (event == Json::parse_event_t::key && !keys_.empty() &&
        !keys_.back().insert(parsed.get<std::string>()).second) {
      twice = true;
    }
    return true;
  }

  bool too_deep = false;
  bool twice = false;

 private:
  std::vector<std::set<std::string>> keys_;
};

bool has_control_character(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

std::optional<std::string> complaint_about(const std::string& text, const TextRule& rule) {
  if (text.find('\0') != std::string::npos) return "must not contain NUL";
  if (rule.one_line && has_control_character(text))
    return "must be one line without control characters";
  if (text.size() < rule.min_bytes || text.size() > rule.max_bytes) {
    return "must have " + std::to_string(rule.min_bytes) + " to " + std::to_string(rule.max_bytes) +
           " bytes";
  }
  return std::nullopt;
}

}  // namespace

struct JsonBody::State {
  Json document = Json::object();
  std::set<std::string, std::less<>> read;
  std::vector<FieldProblem> complaints;
  std::optional<Response> refusal;

  // Nothing when absent or null.
  const Json* find(std::string_view field) {
    read.emplace(field);
    const auto found = document.find(std::string(field));
    return found == document.end() || found->is_null() ? nullptr : &*found;
  }
};

JsonBody::JsonBody(const Request& request) : state_(std::make_unique<State>()) {
  if (!request.lists("content-type", "application/json")) {
    state_->refusal =
        problem(415, problem_type::wrong_content_type, "This path takes application/json only.",
                "Send the body as JSON with Content-Type: application/json.");
    return;
  }
  Strict strict;
  // The parser takes deep nesting on its own stack; a callback that discards keeps it bounded.
  auto parsed = Json::parse(request.body, std::ref(strict), false);
  if (parsed.is_discarded() || !parsed.is_object() || strict.too_deep || strict.twice) {
    const std::string_view detail = strict.twice      ? "The body has a key twice."
                                    : strict.too_deep ? "The body is nested too deeply."
                                                      : "The body is no JSON object.";
    state_->refusal = problem(400, problem_type::invalid_request, detail,
                              "Send one JSON object as the API's description has it.");
    return;
  }
  state_->document = std::move(parsed);
}

JsonBody::~JsonBody() = default;

std::optional<std::string> JsonBody::text(std::string_view field, TextRule rule) {
  const Json* value = state_->find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    complain(std::string(field), "must be a text");
    return std::nullopt;
  }
  auto text = value->get<std::string>();
  if (auto complaint = complaint_about(text, rule)) {
    complain(std::string(field), std::move(*complaint));
    return std::nullopt;
  }
  return text;
}

std::string JsonBody::required_text(std::string_view field, TextRule rule) {
  if (state_->find(field) == nullptr) complain(std::string(field), "is required");
  return text(field, rule).value_or("");
}

std::optional<std::int64_t> JsonBody::number(std::string_view field, std::int64_t least,
                                             std::int64_t most) {
  const Json* value = state_->find(field);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) &&
                    value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most;
  if (!fits) {
    complain(std::string(field), "must be a whole number from " + std::to_string(least) + " to " +
                                     std::to_string(most));
    return std::nullopt;
  }
  return value->get<std::int64_t>();
}

std::optional<bool> JsonBody::flag(std::string_view field) {
  const Json* value = state_->find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    complain(std::string(field), "must be true or false");
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::vector<std::string>> JsonBody::texts(std::string_view field, std::size_t most,
                                                        TextRule rule) {
  const Json* value = state_->find(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_array() || value->size() > most) {
    complain(std::string(field), "must be a list of at most " + std::to_string(most) + " texts");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const auto& entry = (*value)[i];
    const std::string name = std::string(field) + "." + std::to_string(i);
    if (!entry.is_string()) {
      complain(name, "must be a text");
      continue;
    }
    texts.push_back(entry.get<std::string>());
    if (auto complaint = complaint_about(texts.back(), rule)) complain(name, std::move(*complaint));
  }
  return texts;
}

std::optional<std::string> JsonBody::json(std::string_view field, std::size_t max_bytes) {
  const Json* value = state_->find(field);
  if (value == nullptr) return std::nullopt;
  auto text = value->dump();
  if (text.size() > max_bytes) {
    complain(std::string(field), "must have at most " + std::to_string(max_bytes) + " bytes");
    return std::nullopt;
  }
  return text;
}

bool JsonBody::has(std::string_view field) const {
  return state_->document.contains(std::string(field));
}

bool JsonBody::is_null(std::string_view field) {
  state_->read.emplace(field);
  const auto found = state_->document.find(std::string(field));
  return found != state_->document.end() && found->is_null();
}

void JsonBody::complain(std::string field, std::string message) {
  state_->complaints.push_back({std::move(field), std::move(message)});
}

std::optional<Response> JsonBody::finish() {
  if (state_->refusal) return state_->refusal;
  for (const auto& [key, value] : state_->document.items()) {
    if (!state_->read.contains(key))
      complain(key.substr(0, 64), "is no field of this request; remove it");
  }
  if (state_->complaints.empty()) return std::nullopt;
  return field_problems(state_->complaints);
}

}  // namespace mosaic
