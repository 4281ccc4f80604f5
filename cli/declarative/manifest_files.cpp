#include "cli/declarative/manifest_files.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "cli/failure.hpp"
#include "cli/text_source.hpp"

namespace mosaic::cli {
namespace {

using manifest::Resource;

std::vector<std::string> files_of(const std::string& place) {
  if (place == "-" || !std::filesystem::is_directory(place)) return {place};
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(place)) {
    const auto ending = entry.path().extension();
    if (entry.is_regular_file() && (ending == ".yaml" || ending == ".yml" || ending == ".json"))
      files.push_back(entry.path().string());
  }
  if (files.empty()) throw CommandError(place + " has no *.yaml, *.yml or *.json");
  std::sort(files.begin(), files.end());
  return files;
}

void name_files_from_here(const std::string& file, std::vector<Resource>& resources) {
  if (file == "-") return;
  for (auto& resource : resources) {
    const auto key = resource.spec.find("apiKey");
    if (key == resource.spec.end() || !key->contains("file")) continue;
    const std::filesystem::path path = key->at("file").get<std::string>();
    if (path.is_relative())
      (*key)["file"] = (std::filesystem::path(file).parent_path() / path).string();
  }
}

}  // namespace

std::vector<Resource> read_manifests(const std::vector<std::string>& places, std::istream& in) {
  std::vector<Resource> all;
  std::map<std::pair<manifest::Kind, std::string>, std::string> seen;
  for (const auto& place : places) {
    for (const auto& file : files_of(place)) {
      auto resources = manifest::parse(read_text(file, in, manifest::most_bytes),
                                       file == "-" ? "standard input" : file);
      name_files_from_here(file, resources);
      for (auto& resource : resources) {
        const auto [first, fresh] =
            seen.emplace(std::pair(resource.kind, resource.name), resource.place);
        if (!fresh) {
          throw CommandError(resource.place + ": " + resource.name + " stands in " + first->second +
                             " already");
        }
        all.push_back(std::move(resource));
      }
    }
  }
  if (all.empty()) throw CommandError("there is no manifest in what was given");
  return all;
}

std::string read_api_key(const Resource& resource, std::istream& in) {
  const auto key = resource.spec.find("apiKey");
  if (key == resource.spec.end()) return "";
  if (key->contains("file")) return read_secret(key->at("file").get<std::string>(), in);
  const auto name = key->at("variable").get<std::string>();
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') {
    throw CommandError(resource.place + ": the variable " + name +
                       " is not set; it holds the key of " + resource.name);
  }
  return value;
}

}  // namespace mosaic::cli
