// Reads a request's query parameter by parameter and refuses what nobody asked for, as JsonBody does for bodies.
//
// One reader per request, on one thread. Usage: read every parameter, then finish().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.hpp"
#include "api/problem.hpp"

namespace mosaic {

struct Page {
  int limit = 50;
  std::string after;  // empty: from the start
};

class Query {
 public:
  explicit Query(const Request& request);

  // Nothing when absent, empty or wrong (a complaint). At most 256 bytes of UTF-8 without control characters.
  std::optional<std::string> text(const std::string& name);
  std::optional<std::int64_t> number(const std::string& name, std::int64_t least,
                                     std::int64_t most);
  bool flag(const std::string& name);  // true, false; absent: false
  Page page();                         // limit and after

  void complain(const std::string& name, std::string message);

  // The response that says all that is wrong, unknown parameters included.
  std::optional<Response> finish();

 private:
  std::map<std::string, std::string> values_;
  std::set<std::string> read_;
  std::vector<FieldProblem> complaints_;
};

}  // namespace mosaic
