// What commands print: a table for people, or JSON or YAML with the same content for programs.
//
// Values come out of rows that users and models had a hand in, so the table prints no control
// character: nothing that somebody stored can move a terminal's cursor.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace mosaic::cli {

using Json = nlohmann::ordered_json;

enum class OutputFormat : std::uint8_t { table, json, yaml };

struct Table {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;  // each as long as headers
};

// Columns are as wide as their widest cell and two blanks apart; the last one is not padded.
void print_table(std::ostream& out, const Table& table);

// The same for a table that goes on: headers with the first call only, and columns never narrower than before.
// `widths`: empty at first.
void print_more(std::ostream& out, const Table& table, std::vector<std::size_t>& widths);

// `document` as JSON or YAML. Not for OutputFormat::table.
void print_document(std::ostream& out, const Json& document, OutputFormat format);

std::string to_yaml(const Json& document);

// Control characters become "\xHH", and what is then longer than `max_bytes` ends in "…".
std::string printable(std::string_view text, std::size_t max_bytes = 300);

}  // namespace mosaic::cli
