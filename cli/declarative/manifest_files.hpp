// Manifests out of files, folders and standard input, and the secrets that they point to.
//
// Used from one thread. Throws CommandError, and ManifestError for what is wrong in a file.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "manifest/manifest.hpp"

namespace mosaic::cli {

// FILE, DIR (its *.yaml, *.yml and *.json, by name) or "-"; no resource twice. Files of secrets are then named as seen
// from here, not from the manifest.
std::vector<manifest::Resource> read_manifests(const std::vector<std::string>& places,
                                               std::istream& in);

// The key that a provider's manifest points to; empty: it points to none.
std::string read_api_key(const manifest::Resource& resource, std::istream& in);

}  // namespace mosaic::cli
