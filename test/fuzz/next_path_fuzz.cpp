// Where a browser goes after signing in: somewhere on our own pages, whatever a link says and however often it is decoded.
#include "api/auth/next_path.hpp"

#include "api/http_message.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {

void try_input(std::string_view input) {
  const auto path = safe_next_path(input);
  require(path == input || path == "/", "a path is taken as it is, or not at all");
  require(path.starts_with('/') && !path.starts_with("//"), "a path has no host");
  require(path.find_first_of("\\\r\n\t \"<>") == std::string::npos, "a path is plain text");
  const auto end = path.find_first_of("?#");
  const auto decoded = percent_decoded(path.substr(0, end));
  require(decoded == path.substr(0, end), "a path hides nothing behind its encoding");
  require((*decoded + "/").find("/../") == std::string::npos, "a path goes nowhere but down");
  require(*decoded != "/api" && !decoded->starts_with("/api/"), "a link does nothing");
}

}  // namespace mosaic::test
