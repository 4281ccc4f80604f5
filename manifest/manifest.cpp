#include "manifest/manifest.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "model/stored_text.hpp"

namespace mosaic::manifest {
namespace {

// One text being read: where errors are, and what may be where.
class Reader {
 public:
  explicit Reader(std::string source) : source_(std::move(source)) {}

  Resource resource(const YAML::Node& node) const {
    require_map(node, "a manifest");
    known_keys(node, {"apiVersion", "kind", "metadata", "spec"}, "a manifest");
    Resource result;
    result.place = place(node.Mark());
    const auto version = word(node, "apiVersion");
    if (version != api_version)
      refuse(node["apiVersion"], "apiVersion must be " + std::string(api_version));
    const KindTable* table = find_kind(word(node, "kind"));
    if (table == nullptr) refuse(node["kind"], "kind must be one of " + kind_words());
    result.kind = table->kind;
    read_metadata(node, *table, result);
    read_spec(node["spec"], *table, node, result);
    return result;
  }

  [[noreturn]] void refuse(const YAML::Mark& mark, std::string what) const {
    // What is quoted of the text may have line breaks.
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    throw ManifestError(source_ + ":" + std::to_string(mark.line + 1) + ":" +
                        std::to_string(mark.column + 1) + ": " + what);
  }

 private:
  [[noreturn]] void refuse(const YAML::Node& node, const std::string& what) const {
    refuse(node.Mark(), what);
  }
  std::string place(const YAML::Mark& mark) const {
    return source_ + ":" + std::to_string(mark.line + 1);
  }
  static std::string kind_words() {
    std::string words;
    for (const auto& table : kinds())
      words += (words.empty() ? "" : ", ") + std::string(table.word);
    return words;
  }

  void require_map(const YAML::Node& node, const std::string& what) const {
    if (!node.IsMap()) refuse(node, what + " must be a mapping");
  }

  // Every text of a manifest comes from here: what cannot be stored is refused where it stands.
  std::string scalar(const YAML::Node& node) const {
    if (!is_storable(node.Scalar())) refuse(node, "a text must be valid UTF-8 without NUL");
    return node.Scalar();
  }

  std::string key_text(const YAML::Node& key) const {
    if (!key.IsScalar()) refuse(key, "a key must be a word");
    return scalar(key);
  }

  // Every key is known and stands there once.
  void known_keys(const YAML::Node& map, const std::vector<std::string>& known,
                  const std::string& what) const {
    std::set<std::string> seen;
    for (const auto& entry : map) {
      const std::string key = key_text(entry.first);
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        std::string words;
        for (const auto& each : known) words += (words.empty() ? "" : ", ") + each;
        refuse(entry.first,
               "'" + key.substr(0, 64) + "' is no field of " + what + "; it has " + words);
      }
      if (!seen.insert(key).second) refuse(entry.first, "'" + key + "' stands there twice");
    }
  }

  std::string word(const YAML::Node& map, const char* key) const {
    const YAML::Node value = map[key];
    if (!value.IsDefined()) refuse(map, std::string(key) + " is missing");
    if (!value.IsScalar()) refuse(value, std::string(key) + " must be a word");
    return scalar(value);
  }

  void read_metadata(const YAML::Node& node, const KindTable& table, Resource& result) const {
    const YAML::Node metadata = node["metadata"];
    if (!metadata.IsDefined()) refuse(node, "metadata is missing");
    require_map(metadata, "metadata");
    known_keys(metadata, {"name", "labels"}, "metadata");
    result.name = word(metadata, "name");
    if (result.name.empty() || result.name.size() > 128)
      refuse(metadata["name"], "name must be 1 to 128 bytes");
    if (table.only_default && result.name != "default")
      refuse(metadata["name"], "there is one " + std::string(table.word) + ": its name is default");
    const YAML::Node labels = metadata["labels"];
    if (!labels.IsDefined() || labels.IsNull()) return;
    if (table.only_default) refuse(labels, "a " + std::string(table.word) + " has no labels");
    require_map(labels, "labels");
    for (const auto& entry : labels) read_label(entry.first, entry.second, result.labels);
  }

  void read_label(const YAML::Node& key, const YAML::Node& value, Labels& labels) const {
    constexpr std::size_t most = 32;
    const std::string name = key_text(key);
    if (!value.IsScalar()) refuse(value, "a label's value must be a text");
    const std::string text = scalar(value);
    const bool plain = !name.empty() && name.find_first_of("=, ") == std::string::npos &&
                       text.find(',') == std::string::npos;
    if (!plain || name.size() > 64 || text.size() > 128)
      refuse(key,
             "a label is a word of up to 64 bytes and a text of up to 128, without '=' and ','");
    if (!labels.emplace(name, text).second) refuse(key, "'" + name + "' stands there twice");
    if (labels.size() > most) refuse(key, "there may be 32 labels at most");
  }

  void read_spec(const YAML::Node& spec, const KindTable& table, const YAML::Node& whole,
                 Resource& result) const {
    const bool given = spec.IsDefined() && !spec.IsNull();
    if (given) {
      require_map(spec, "spec");
      std::vector<std::string> known;
      for (const auto& field : table.fields) known.push_back(field.name);
      known_keys(spec, known, "a " + std::string(table.word));
    }
    for (const auto& field : table.fields) {
      const YAML::Node value = given ? spec[field.name] : YAML::Node(YAML::NodeType::Undefined);
      if (value.IsDefined() && !value.IsNull()) {
        result.spec[field.name] = read(value, field);
      } else if (field.required) {
        refuse(given ? spec : whole, "spec." + field.name + " is missing");
      }
    }
  }

  Json read(const YAML::Node& value, const Field& field) const {
    switch (field.type) {
      case FieldType::text:
        return read_text(value, field.name, field.most, field.choices);
      case FieldType::number:
        return read_number(value, field.name, field.least, field.most);
      case FieldType::flag:
        return read_flag(value, field.name);
      case FieldType::texts:
        return read_list(value, field, [&](const YAML::Node& each) {
          return Json(read_text(each, field.name, 320, {}));
        });
      case FieldType::models:
        return read_list(value, field, [&](const YAML::Node& each) { return read_model(each); });
      case FieldType::secret:
        return read_secret(value, field.name);
    }
    refuse(value, "a field of no type");
  }

  std::string read_text(const YAML::Node& value, const std::string& name, std::int64_t most,
                        const std::vector<std::string>& choices) const {
    if (!value.IsScalar()) refuse(value, name + " must be a text");
    const std::string text = scalar(value);
    if (text.empty() || text.size() > static_cast<std::size_t>(most))
      refuse(value, name + " must be 1 to " + std::to_string(most) + " bytes");
    if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
      std::string words;
      for (const auto& each : choices) words += (words.empty() ? "" : ", ") + each;
      refuse(value, name + " must be one of " + words);
    }
    return text;
  }

  std::int64_t read_number(const YAML::Node& value, const std::string& name, std::int64_t least,
                           std::int64_t most) const {
    const std::string text = value.IsScalar() && value.Tag() != "!" ? value.Scalar() : "";
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty();
    if (!whole || number < least || number > most) {
      refuse(value, name + " must be a whole number from " + std::to_string(least) + " to " +
                        std::to_string(most));
    }
    return number;
  }

  bool read_flag(const YAML::Node& value, const std::string& name) const {
    const std::string text = value.IsScalar() && value.Tag() != "!" ? value.Scalar() : "";
    if (text != "true" && text != "false") refuse(value, name + " must be true or false");
    return text == "true";
  }

  template <typename ReadOne>
  Json read_list(const YAML::Node& value, const Field& field, ReadOne read_one) const {
    if (!value.IsSequence()) refuse(value, field.name + " must be a list");
    if (value.size() > static_cast<std::size_t>(field.most))
      refuse(value, field.name + " may have " + std::to_string(field.most) + " entries at most");
    Json list = Json::array();
    for (const auto& each : value) list.push_back(read_one(each));
    return list;
  }

  Json read_model(const YAML::Node& value) const {
    constexpr std::int64_t most_tokens = 1000000000;
    require_map(value, "a model");
    known_keys(value, {"id", "name", "contextWindow", "maxTokens"}, "a model");
    if (!value["id"].IsDefined()) refuse(value, "id is missing");
    Json model;
    model["id"] = read_text(value["id"], "id", 256, {});
    model["name"] =
        value["name"].IsDefined() ? Json(read_text(value["name"], "name", 256, {})) : model["id"];
    for (const char* count : {"contextWindow", "maxTokens"}) {
      if (value[count].IsDefined()) model[count] = read_number(value[count], count, 1, most_tokens);
    }
    return model;
  }

  Json read_secret(const YAML::Node& value, const std::string& name) const {
    if (!value.IsMap() || value.size() != 1) {
      refuse(value, name +
                        " must say where it is: {file: PATH} or {variable: NAME}; a key itself "
                        "does not belong into a manifest");
    }
    known_keys(value, {"file", "variable"}, name);
    const char* source = value["file"].IsDefined() ? "file" : "variable";
    return {{source, read_text(value[source], source, 4096, {})}};
  }

  const std::string source_;
};

// yaml-cpp reads documents without end where something begins none, as a lone ',' does: they all begin at one place.
// So the documents are counted by their beginnings before anything is kept of them.
class DocumentCounter final : public YAML::EventHandler {
 public:
  explicit DocumentCounter(const Reader& reader) : reader_(reader) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_start_)
      reader_.refuse(mark, "this is no YAML: nothing can begin like this");
    last_start_ = mark.pos;
    if (++documents_ > most_resources) reader_.refuse(mark, "more than 10000 manifests");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  const Reader& reader_;
  int last_start_ = -1;
  std::size_t documents_ = 0;
};

void require_bounded_documents(const std::string& text, const Reader& reader) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentCounter counter(reader);
  while (parser.HandleNextDocument(counter)) {
  }
}

void require_unique(const std::vector<Resource>& resources) {
  std::map<std::pair<Kind, std::string>, std::string> seen;
  for (const auto& resource : resources) {
    const auto [first, fresh] =
        seen.emplace(std::pair(resource.kind, resource.name), resource.place);
    if (!fresh) {
      throw ManifestError(resource.place + ":1: " + std::string(table_of(resource.kind).word) +
                          " " + resource.name + " stands in " + first->second + " already");
    }
  }
}

// What a field says that says no more than leaving it out would.
bool goes_without_saying(const Resource& resource, const Field& field, const Json& value) {
  if (value.is_null()) return true;
  if (!table_of(resource.kind).complete || field.required) return false;
  if (resource.kind == Kind::llm_provider && field.name == "displayName")
    return value == Json(resource.name);
  if (resource.kind == Kind::llm_provider && field.name == "apiType") {
    const bool anthropic = resource.spec.value("type", "") == "anthropic";
    return value == Json(anthropic ? "anthropic-messages" : "openai-completions");
  }
  return value == field.absent;
}

}  // namespace

std::vector<Resource> parse(std::string_view text, const std::string& source) {
  const Reader reader(source);
  if (text.size() > most_bytes) throw ManifestError(source + ":1:1: more than 4 MiB of manifests");
  std::vector<Resource> resources;
  try {
    const std::string whole(text);
    require_bounded_documents(whole, reader);
    for (const auto& document : YAML::LoadAll(whole)) {
      if (!document.IsDefined() || document.IsNull()) continue;
      resources.push_back(reader.resource(document));
    }
  } catch (const YAML::Exception& error) {
    reader.refuse(error.mark.is_null() ? YAML::Mark() : error.mark,
                  "this is no YAML: " + error.msg);
  }
  require_unique(resources);
  return resources;
}

Json normalized(const Resource& resource) {
  const KindTable& table = table_of(resource.kind);
  Json spec = Json::object();
  for (const auto& field : table.fields) {
    if (field.type == FieldType::secret) continue;
    const auto given = resource.spec.find(field.name);
    if (given != resource.spec.end() && !goes_without_saying(resource, field, *given)) {
      spec[field.name] = *given;
    } else if (table.complete) {
      spec[field.name] = field.absent;
    }
  }
  return spec;
}

Json document(const Resource& resource) {
  const KindTable& table = table_of(resource.kind);
  Json metadata{{"name", resource.name}};
  if (!resource.labels.empty()) metadata["labels"] = resource.labels;
  Json spec = Json::object();
  for (const auto& field : table.fields) {
    const auto given = resource.spec.find(field.name);
    if (given != resource.spec.end() && !goes_without_saying(resource, field, *given))
      spec[field.name] = *given;
  }
  return {
      {"apiVersion", api_version}, {"kind", table.word}, {"metadata", metadata}, {"spec", spec}};
}

Labels parse_selector(const std::string& text) {
  Labels labels;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string pair = text.substr(begin, end - begin);
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw ManifestError("a selector is NAME=VALUE[,NAME=VALUE...], not '" + text.substr(0, 100) +
                          "'");
    labels[pair.substr(0, equals)] = pair.substr(equals + 1);
    begin = end + 1;
  }
  return labels;
}

bool matches(const Labels& labels, const Labels& selector) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

}  // namespace mosaic::manifest
