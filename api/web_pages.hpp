// The web pages: every file of the built web/ folder, read once at start and served from memory.
//
// Immutable after read(), usable from any thread. A path is looked up as it was sent, among those that were read: no
// request ever names a file of the machine, so none can leave the folder. Bounded in files and in bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_message.hpp"
#include "api/router.hpp"

namespace mosaic {

struct WebPagesLimits {
  std::size_t files = 2'000;
  std::size_t bytes = 32U * 1024 * 1024;
};

class WebPages {
 public:
  // Whether a folder holds built pages.
  static bool exist_in(const std::filesystem::path& folder);
  // Throws std::runtime_error with one line when the folder cannot be read, has no index.html or is too large.
  static WebPages read(const std::filesystem::path& folder, WebPagesLimits limits = {});

  // GET or HEAD of a path that no route has. Files below /assets/ have their digest in their names and may be kept for
  // ever; a page's path (a browser that navigates) answers index.html, whose program finds the page; all else is the 404
  // that every unknown path gets.
  Response answer(const Request& request) const;

  std::size_t file_count() const { return files_.size(); }

 private:
  struct File {
    std::string content_type;
    std::string entity_tag;  // in its quotes
    std::string plain;
    std::optional<std::string> gzip;
    std::optional<std::string> brotli;
  };

  WebPages() = default;
  Response answer_with(const std::string& path, const File& file, const Request& request) const;

  std::map<std::string, File, std::less<>> files_;  // by path: "/assets/index-3f2a.js"
};

// `pages` outlives the router.
void add_web_pages(Router& router, const WebPages& pages);

}  // namespace mosaic
