#include "manifest/fields.hpp"

#include <algorithm>
#include <stdexcept>

namespace mosaic::manifest {
namespace {

Field text(std::string name, std::int64_t most, std::string what) {
  Field field;
  field.name = std::move(name);
  field.most = most;
  field.what = std::move(what);
  return field;
}

Field needed(Field field) {
  field.required = true;
  return field;
}

Field number(std::string name, std::int64_t least, std::int64_t most, std::string what) {
  Field field;
  field.name = std::move(name);
  field.type = FieldType::number;
  field.least = least;
  field.most = most;
  field.what = std::move(what);
  return field;
}

Field flag(std::string name, Json absent, std::string what) {
  Field field;
  field.name = std::move(name);
  field.type = FieldType::flag;
  field.absent = std::move(absent);
  field.what = std::move(what);
  return field;
}

Field or_else(Field field, Json absent) {
  field.absent = std::move(absent);
  return field;
}

// `most` of them.
Field list(std::string name, FieldType type, std::int64_t most, Json absent, std::string what) {
  Field field;
  field.name = std::move(name);
  field.type = type;
  field.most = most;
  field.absent = std::move(absent);
  field.what = std::move(what);
  return field;
}

Field choice(Field field, std::vector<std::string> choices) {
  field.choices = std::move(choices);
  return field;
}

std::vector<Field> with_limits(std::vector<Field> fields) {
  fields.push_back(text("image", 255, "Image of this agent alone; without it the fleet's"));
  fields.push_back(number("memoryMb", 64, 1048576, "Memory limit in MiB; without it the fleet's"));
  fields.push_back(number("cpuMilli", 100, 256000,
                          "CPU limit in thousandths of a core; without it the fleet's"));
  return fields;
}

std::vector<Field> settings_fields() {
  constexpr std::int64_t many = 1'000'000'000;
  return {
      text("image", 255, "Image of all agents that name none"),
      choice(text("toolProfile", 32, "What agents may do by themselves"),
             {"minimal", "coding", "messaging", "full"}),
      number("memoryMb", 1, many, "Memory limit of an agent that names none, in MiB"),
      number("cpuMilli", 1, many, "CPU limit of an agent that names none"),
      number("pids", 1, many, "Processes of an agent"),
      number("maxRunningAgents", 0, many, "Agents with a process at a time; 0: no limit"),
      number("memoryBudgetMb", 0, many, "Sum of running agents' limits; 0: by the host's memory"),
      number("memoryReserveMb", 0, many, "Kept free for the host itself"),
      number("idleTimeoutMinMin", 1, many, "Least idle timeout that users may choose"),
      number("idleTimeoutMinMax", 1, many, "Longest idle timeout that users may choose"),
      number("drainLimitMin", 0, many, "How long a restart waits for running turns"),
      number("stopGraceSec", 0, many, "Between TERM and KILL"),
      number("startDeadlineSec", 1, many, "A start that takes longer has failed"),
      list("providerPrivateRanges", FieldType::texts, 32, Json(),
           "Private ranges at which providers may be asked, such as 192.168.1.0/24"),
      choice(text("providerKeys", 16, "Whether agents hold their providers' keys"),
             {"delivered", "injected"}),
      choice(text("egress.userAgents", 16, "What the egress proxy lets people's agents reach"),
             {"internet", "providers", "listed"}),
      choice(text("egress.systemAgents", 16, "What it lets system agents reach"),
             {"internet", "providers", "listed"}),
      list("egress.hosts", FieldType::texts, 128, Json(),
           "What `listed` lets them reach beside their providers, such as *.example.com"),
      flag("sleep.pause", Json(), "Idle agents are frozen before they are stopped"),
      number("sleep.pausedMemoryMb", 0, many, "What all frozen agents may hold together"),
      flag("sleep.hibernate", Json(), "Frozen agents may be pushed to swap"),
      number("sleep.hibernatedSwapMb", 0, many, "What they may hold of swap"),
      number("sleep.hibernateAfterMin", 0, many, "Time frozen before that"),
      number("sleep.stopAfterMin", 0, many, "Time asleep until stopped; 0: never"),
  };
}

std::vector<Field> provider_fields() {
  return {
      choice(needed(text("type", 16, "Its kind")),
             {"zai", "openai", "anthropic", "ollama", "custom"}),
      text("displayName", 128, "Its name for people; without it the name"),
      text("baseUrl", 2048, "Its address, where it is not the kind's own"),
      choice(text("apiType", 64, "How it is spoken to; without it as its kind is"),
             {"openai-completions", "openai-responses", "anthropic-messages",
              "google-generative-ai", "azure-openai-responses"}),
      list("apiKey", FieldType::secret, 1, Json(),
           "Where its key is read from, when applied: `file: PATH` or `variable: NAME`. Without it "
           "a stored key stays"),
      list("models", FieldType::models, 500, Json::array(),
           "Models that it offers: `id`, and if wanted `name`, `contextWindow`, `maxTokens`"),
      flag("isActive", true, "Whether agents may use it"),
  };
}

std::vector<KindTable> make_kinds() {
  return {
      {Kind::settings, "Settings", "default", true, false, settings_fields()},
      {Kind::llm_provider, "LlmProvider",
       "of the provider, as models name it; it belongs to whoever's token applies it", false, true,
       provider_fields()},
      {Kind::user_agent_config,
       "UserAgentConfig",
       "default: of whoever's token applies it",
       true,
       true,
       {text("primaryModel", 320, "PROVIDER/MODEL; without it the first that there is"),
        list("fallbackModels", FieldType::texts, 20, Json::array(),
             "What is tried when that fails, in order"),
        text("personality", 65536, "What the agent is told to be like"),
        text("provider", 64, "Name of the provider whose models come first")}},
      {Kind::system_container, "SystemContainer", "of the agent and its container", false, true,
       with_limits({needed(text("role", 64, "What it is for")),
                    needed(text("primaryModel", 320, "PROVIDER/MODEL")),
                    text("provider", 64, "Name of an admin's provider; without it all of them"),
                    flag("isActive", true, "Whether it runs")})},
      {Kind::user_container, "UserContainer", "the user's account id", false, true,
       with_limits({or_else(number("idleTimeoutMin", 1, 525600,
                                   "Minutes without use until it sleeps; without it 30"),
                            30)})},
  };
}

Json string_schema(const Field& field) {
  Json schema{{"type", "string"}};
  if (!field.choices.empty()) {
    schema["enum"] = field.choices;
  } else {
    schema["minLength"] = 1;
    schema["maxLength"] = field.most;
  }
  return schema;
}

Json models_schema(const Field& field) {
  const Json count{{"type", "integer"}, {"minimum", 1}, {"maximum", 1000000000}};
  const Json name{{"type", "string"}, {"minLength", 1}, {"maxLength", 256}};
  return {{"type", "array"},
          {"maxItems", field.most},
          {"items",
           {{"type", "object"},
            {"additionalProperties", false},
            {"required", {"id"}},
            {"properties",
             {{"id", name}, {"name", name}, {"contextWindow", count}, {"maxTokens", count}}}}}};
}

Json secret_schema() {
  const Json word{{"type", "string"}, {"minLength", 1}};
  return {{"type", "object"},
          {"additionalProperties", false},
          {"minProperties", 1},
          {"maxProperties", 1},
          {"properties", {{"file", word}, {"variable", word}}}};
}

Json schema_of(const Field& field) {
  switch (field.type) {
    case FieldType::text:
      return string_schema(field);
    case FieldType::number:
      return {{"type", "integer"}, {"minimum", field.least}, {"maximum", field.most}};
    case FieldType::flag:
      return {{"type", "boolean"}};
    case FieldType::texts:
      return {{"type", "array"},
              {"maxItems", field.most},
              {"items", {{"type", "string"}, {"minLength", 1}}}};
    case FieldType::models:
      return models_schema(field);
    case FieldType::secret:
      return secret_schema();
  }
  throw std::logic_error("a field of no type");
}

Json spec_schema(const KindTable& table) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& field : table.fields) {
    properties[field.name] = schema_of(field);
    properties[field.name]["description"] = field.what;
    if (field.required) required.push_back(field.name);
  }
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", required},
          {"properties", properties}};
}

Json metadata_schema(const KindTable& table) {
  Json name{{"type", "string"}, {"minLength", 1}, {"maxLength", 128}};
  if (table.only_default) name = {{"const", "default"}};
  name["description"] = table.name_word;
  Json properties{{"name", name}};
  if (!table.only_default)
    properties["labels"] = {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", {"name"}},
          {"properties", properties}};
}

std::string type_words(const Field& field) {
  switch (field.type) {
    case FieldType::text: {
      if (field.choices.empty()) return "text";
      std::string words;
      for (const auto& each : field.choices) words += (words.empty() ? "`" : ", `") + each + "`";
      return words;
    }
    case FieldType::number:
      return std::to_string(field.least) + " to " + std::to_string(field.most);
    case FieldType::flag:
      return field.absent.is_null() ? "true or false"
                                    : "true or false; without it " + field.absent.dump();
    case FieldType::texts:
      return "up to " + std::to_string(field.most) + " texts";
    case FieldType::models:
      return "up to " + std::to_string(field.most) + " models";
    case FieldType::secret:
      return "a source";
  }
  return "";
}

}  // namespace

const std::vector<KindTable>& kinds() {
  static const std::vector<KindTable> all = make_kinds();
  return all;
}

const KindTable& table_of(Kind kind) {
  for (const auto& table : kinds()) {
    if (table.kind == kind) return table;
  }
  throw std::logic_error("a kind without a table");
}

const KindTable* find_kind(std::string_view word) {
  for (const auto& table : kinds()) {
    if (table.word == word) return &table;
  }
  return nullptr;
}

const Field* find_field(const KindTable& table, std::string_view name) {
  for (const auto& field : table.fields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

Json json_schema() {
  Json kinds_of_manifest = Json::array();
  for (const auto& table : kinds()) {
    Json required{"apiVersion", "kind", "metadata"};
    const bool needs_spec = std::any_of(table.fields.begin(), table.fields.end(),
                                        [](const Field& field) { return field.required; });
    if (needs_spec) required.push_back("spec");
    kinds_of_manifest.push_back({{"title", table.word},
                                 {"type", "object"},
                                 {"additionalProperties", false},
                                 {"required", required},
                                 {"properties",
                                  {{"apiVersion", {{"const", api_version}}},
                                   {"kind", {{"const", table.word}}},
                                   {"metadata", metadata_schema(table)},
                                   {"spec", spec_schema(table)}}}});
  }
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "Mosaic Fleet manifest"},
          {"oneOf", kinds_of_manifest}};
}

std::string reference_page() {
  std::string page;
  for (const auto& table : kinds()) {
    page += "### " + std::string(table.word) +
            "\n\n`metadata.name`: " + std::string(table.name_word) + ". " +
            (table.complete ? "What is left out goes back to its default.\n\n"
                            : "What is left out stays as it is.\n\n") +
            "| field | values | what it is |\n| --- | --- | --- |\n";
    for (const auto& field : table.fields) {
      page += "| `" + field.name + "`" + (field.required ? " (required)" : "") + " | " +
              type_words(field) + " | " + field.what + " |\n";
    }
    page += "\n";
  }
  page.pop_back();
  return page;
}

}  // namespace mosaic::manifest
