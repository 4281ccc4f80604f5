#include "api/web_pages.hpp"

#include <array>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "api/problem.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

constexpr std::string_view index_path = "/index.html";
constexpr std::string_view immutable_folder = "/assets/";

// Everything from this server alone, no inline script or style, nobody's frame.
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
    "'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
    "'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> content_types{
    {{".html", "text/html; charset=utf-8"},
     {".js", "text/javascript; charset=utf-8"},
     {".css", "text/css; charset=utf-8"},
     {".svg", "image/svg+xml"},
     {".png", "image/png"},
     {".jpg", "image/jpeg"},
     {".ico", "image/x-icon"},
     {".woff2", "font/woff2"},
     {".json", "application/json"},
     {".webmanifest", "application/manifest+json"},
     {".txt", "text/plain; charset=utf-8"},
     {".map", "application/json"}}};

std::string content_type_of(const std::filesystem::path& file) {
  const auto ending = file.extension().string();
  for (const auto& [known, type] : content_types) {
    if (ending == known) return std::string(type);
  }
  return "application/octet-stream";
}

std::string read_file(const std::filesystem::path& file, std::size_t& bytes_left) {
  const auto size = std::filesystem::file_size(file);
  if (size > bytes_left) throw std::runtime_error("the web pages' folder holds too many bytes");
  bytes_left -= size;
  std::ifstream stream(file, std::ios::binary);
  std::string text(size, '\0');
  if (!stream.read(text.data(), static_cast<std::streamsize>(size)))
    throw std::runtime_error("cannot read " + file.string());
  return text;
}

// Routes of programs: an unknown one is told in a program's words, never with a page.
bool is_for_programs(std::string_view path) {
  for (const std::string_view prefix : {"/api/", "/v1/", "/assets/", "/problems/"}) {
    if (path.starts_with(prefix)) return true;
  }
  return path == "/api" || path == "/v1";
}

void add_policies(Response& response) {
  response.set_field("Content-Security-Policy", std::string(content_security_policy));
  response.set_field("Referrer-Policy", "no-referrer");
  response.set_field("X-Frame-Options", "DENY");
  response.set_field("Cross-Origin-Opener-Policy", "same-origin");
  response.set_field("Cross-Origin-Resource-Policy", "same-origin");
  response.set_field("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

}  // namespace

bool WebPages::exist_in(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder / "index.html", error);
}

WebPages WebPages::read(const std::filesystem::path& folder, WebPagesLimits limits) {
  if (!exist_in(folder)) throw std::runtime_error(folder.string() + " has no index.html");
  WebPages pages;
  std::map<std::string, std::string> compressed;
  std::size_t bytes_left = limits.bytes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_symlink() || !entry.is_regular_file()) continue;
    if (pages.files_.size() + compressed.size() >= limits.files)
      throw std::runtime_error(folder.string() + " holds too many files");
    const auto path = "/" + entry.path().lexically_relative(folder).generic_string();
    auto text = read_file(entry.path(), bytes_left);
    if (path.ends_with(".gz") || path.ends_with(".br")) {
      compressed.emplace(path, std::move(text));
      continue;
    }
    File file;
    file.content_type = content_type_of(entry.path());
    file.entity_tag = "\"" + sha256_hex(text).substr(0, 32) + "\"";
    file.plain = std::move(text);
    pages.files_.emplace(path, std::move(file));
  }
  for (auto& [path, text] : compressed) {
    const auto of = pages.files_.find(path.substr(0, path.size() - 3));
    if (of == pages.files_.end()) continue;
    (path.ends_with(".gz") ? of->second.gzip : of->second.brotli) = std::move(text);
  }
  return pages;
}

Response WebPages::answer(const Request& request) const {
  const auto found = files_.find(request.path == "/" ? index_path : std::string_view(request.path));
  if (found != files_.end()) return answer_with(found->first, found->second, request);
  if (is_for_programs(request.path) || !request.lists("accept", "text/html"))
    return not_found_response();
  const auto index = files_.find(index_path);
  return answer_with(index->first, index->second, request);
}

Response WebPages::answer_with(const std::string& path, const File& file,
                               const Request& request) const {
  Response response(200, file.content_type, "");
  response.routine = true;
  response.set_field("Cache-Control", path.starts_with(immutable_folder)
                                          ? "public, max-age=31536000, immutable"
                                          : "no-cache");
  response.set_field("ETag", file.entity_tag);
  response.set_field("Vary", "Accept-Encoding");
  add_policies(response);
  if (request.lists("if-none-match", file.entity_tag)) {
    response.status = 304;
    return response;
  }
  if (file.brotli && request.lists("accept-encoding", "br")) {
    response.set_field("Content-Encoding", "br");
    response.body = *file.brotli;
  } else if (file.gzip && request.lists("accept-encoding", "gzip")) {
    response.set_field("Content-Encoding", "gzip");
    response.body = *file.gzip;
  } else {
    response.body = file.plain;
  }
  return response;
}

void add_web_pages(Router& router, const WebPages& pages) {
  router.set_fallback([&pages](const Request& request) { return pages.answer(request); });
}

}  // namespace mosaic
