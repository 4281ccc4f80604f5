// A text as manifests: it is refused in one line that says where, or what was read says the same once it is written
// down again.
#include "manifest/manifest.hpp"

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

constexpr std::string_view source = "input.yaml";

void judge_refusal(std::string_view message) {
  require(message.starts_with(source), "a refusal begins with the name of the text");
  require(message.find('\n') == std::string_view::npos, "a refusal is one line");
}

void write_and_read_again(const manifest::Resource& resource) {
  const auto text = manifest::document(resource).dump();
  require(is_utf8(text), "what is written is UTF-8");
  const auto again = manifest::parse(text, std::string(source));
  require(again.size() == 1, "a written resource is one resource");
  require(again.front().same_thing(resource), "a written resource is the same thing");
  require(again.front().labels == resource.labels, "labels survive being written");
  require(manifest::normalized(again.front()) == manifest::normalized(resource),
          "fields survive being written");
}

}  // namespace

void try_input(std::string_view input) {
  std::vector<manifest::Resource> resources;
  try {
    resources = manifest::parse(input, std::string(source));
  } catch (const manifest::ManifestError& refused) {
    judge_refusal(refused.what());
    return;
  }
  require(resources.size() <= manifest::most_resources, "there are no more than the bound");
  for (const auto& resource : resources) write_and_read_again(resource);
}

}  // namespace mosaic::test
