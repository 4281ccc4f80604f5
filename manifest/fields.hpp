// The one table of what manifests may say: parser, export, JSON Schema and reference page are made from it, so that none
// of them knows a field that another does not.
//
// Constant data; safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace mosaic::manifest {

using Json = nlohmann::ordered_json;

inline constexpr std::string_view api_version = "fleet.mosaic/v1";

enum class Kind : std::uint8_t {
  settings,
  llm_provider,
  user_agent_config,
  system_container,
  user_container
};

enum class FieldType : std::uint8_t { text, number, flag, texts, models, secret };

struct Field {
  std::string name;
  FieldType type = FieldType::text;
  bool required = false;
  Json absent;             // what it means to leave it out
  std::int64_t least = 1;  // of a number; of a text's length
  std::int64_t most = 1;
  std::vector<std::string> choices;  // of a text; empty: any
  std::string what;
};

struct KindTable {
  Kind kind;
  std::string_view word;       // "SystemContainer"
  std::string_view name_word;  // what metadata.name is
  bool only_default = false;   // there is one, and it is called "default"
  bool complete = true;        // what is left out goes back to its default; else it stays as it is
  std::vector<Field> fields;
};

// In the order in which they are applied: what others refer to comes first.
const std::vector<KindTable>& kinds();
const KindTable& table_of(Kind kind);
const KindTable* find_kind(std::string_view word);  // nullptr: no such kind
const Field* find_field(const KindTable& table, std::string_view name);

// A JSON Schema (2020-12) of one manifest, for editors.
Json json_schema();
// docs/MANIFESTS.md's tables.
std::string reference_page();

}  // namespace mosaic::manifest
