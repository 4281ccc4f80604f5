// Manifests: YAML documents in which an admin declares resources. Reading one judges every word of it by the table of
// fields; what is not in the table is refused where it stands.
//
// Pure functions; safe from any thread. Secrets are never in a manifest, only where they are.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/fields.hpp"

namespace mosaic::manifest {

// what() is one line: "FILE:LINE:COLUMN: what is wrong".
class ManifestError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Labels = std::map<std::string, std::string>;

struct Resource {
  Kind kind = Kind::settings;
  std::string name;
  Labels labels;
  Json spec = Json::object();  // fields of the table only; absent ones are left out
  std::string place;           // "FILE:LINE", for messages

  bool same_thing(const Resource& other) const { return kind == other.kind && name == other.name; }
};

inline constexpr std::size_t most_bytes = 4 * 1024 * 1024;  // of one text
inline constexpr std::size_t most_resources = 10000;

// All documents of a text, in their order. `source` is its name in messages.
std::vector<Resource> parse(std::string_view text, const std::string& source);

// With every field of a complete kind that is left out set to what that means; without secrets. Two resources are the
// same when these are.
Json normalized(const Resource& resource);

// As a document, in the table's order, without what goes without saying.
Json document(const Resource& resource);

// "-l app=fleet,tier=": every pair must be there. Throws ManifestError for a selector that is none.
Labels parse_selector(const std::string& text);
bool matches(const Labels& labels, const Labels& selector);

}  // namespace mosaic::manifest
