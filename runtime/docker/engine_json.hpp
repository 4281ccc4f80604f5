// How an engine's JSON is read: what is not there, or is of another kind, is empty; what is no JSON throws
// EngineError(failed). For the decoders of the engine's answers only.
//
// Pure functions.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/naming.hpp"
#include "runtime/docker/engine_decoding.hpp"

namespace mosaic::engine_json {

using nlohmann::json;

inline const json& member(const json& object, const char* name) {
  static const json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

inline std::string text(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}
// 0 for anything but a number that there can be; no engine has other ones.
template <typename Number = std::int64_t>
Number number(const json& value) {
  using Limits = std::numeric_limits<Number>;
  if (value.is_number_unsigned())
    return std::in_range<Number>(value.get<std::uint64_t>())
               ? static_cast<Number>(value.get<std::uint64_t>())
               : 0;
  if (value.is_number_integer())
    return std::in_range<Number>(value.get<std::int64_t>())
               ? static_cast<Number>(value.get<std::int64_t>())
               : 0;
  if (!value.is_number_float()) return 0;
  const auto real = value.get<double>();
  // The largest number of 64 bits is none of a double's; the one above it is.
  const bool fits =
      real >= static_cast<double>(Limits::min()) && real < -static_cast<double>(Limits::min());
  return fits ? static_cast<Number>(real) : 0;
}
inline bool truth(const json& value) { return value.is_boolean() && value.get<bool>(); }

inline json parse(std::string_view body, const char* what) {
  json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) {
    throw EngineError(EngineErrorKind::failed,
                      std::string("the engine's answer about ") + what + " cannot be read");
  }
  return parsed;
}

inline json parse_object(std::string_view body, const char* what) {
  json parsed = parse(body, what);
  if (!parsed.is_object()) {
    throw EngineError(EngineErrorKind::failed,
                      std::string("the engine's answer about ") + what + " is no object");
  }
  return parsed;
}

inline json parse_list(std::string_view body, const char* what) {
  json parsed = parse(body, what);
  if (!parsed.is_array()) {
    throw EngineError(EngineErrorKind::failed,
                      std::string("the engine's answer about ") + what + " is no list");
  }
  return parsed;
}

inline std::string label_of(const json& labels, std::string_view name) {
  return text(member(labels, std::string(name).c_str()));
}

inline ObjectLabels labels_from(const json& labels) {
  ObjectLabels found;
  found.instance = label_of(labels, label::instance);
  found.role = label_of(labels, label::role);
  const std::optional<ResourceKind> kind = parse_resource_kind(label_of(labels, label::kind));
  const std::string id = label_of(labels, label::id);
  if (kind && *kind != ResourceKind::orphan && !id.empty()) found.key = ResourceKey(*kind, id);
  return found;
}

}  // namespace mosaic::engine_json
