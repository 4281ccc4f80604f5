// The schema's history, built into the program: store/migrations/NNNN_name.sql in order.
//
// Constant data.
#pragma once

#include <span>
#include <string_view>

namespace mosaic {

struct Migration {
  int version;  // 1, 2, 3 … without gaps
  std::string_view name;
  std::string_view checksum;  // SHA-256 of the text, lowercase hex
  std::string_view sql;       // runs in one transaction together with its version row
};

std::span<const Migration> embedded_migrations();

}  // namespace mosaic
