#include "cli/output.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <ostream>

namespace mosaic::cli {
namespace {

// Columns of a terminal, near enough: one for each character of UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

void print_row(std::ostream& out, const std::vector<std::string>& cells,
               const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginMap;
    for (const auto& [key, member] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << (value.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
    for (const auto& element : value) emit(out, element);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    // Quoted always: "no", "1e3" and "12:30" would be read as something else than text.
    out << YAML::DoubleQuoted << value.get<std::string>();
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << value.dump();
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t max_bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // 0xc2 0x80 to 0x9f are control characters as well, which some terminals obey.
    const bool second_control =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte < 0x20 || byte == 0x7f || second_control) {
      const auto shown = second_control ? static_cast<unsigned char>(text[++i]) : byte;
      result += {'\\', 'x', digits[shown >> 4], digits[shown & 15]};
    } else {
      result += text[i];
    }
  }
  if (result.size() <= max_bytes) return result;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(result[end]) & 0xc0) == 0x80) --end;
  return result.substr(0, end) + "…";
}

void print_table(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths;
  print_more(out, table, widths);
}

void print_more(std::ostream& out, const Table& table, std::vector<std::size_t>& widths) {
  std::vector<std::vector<std::string>> rows;
  if (widths.empty()) rows.push_back(table.headers);
  for (const auto& row : table.rows) {
    auto& cells = rows.emplace_back();
    for (const auto& cell : row) cells.push_back(cell.empty() ? "-" : printable(cell));
  }
  widths.resize(table.headers.size(), 0);
  for (const auto& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  for (const auto& cells : rows) print_row(out, cells, widths);
}

std::string to_yaml(const Json& document) {
  YAML::Emitter out;
  emit(out, document);
  return std::string(out.c_str(), out.size());
}

void print_document(std::ostream& out, const Json& document, OutputFormat format) {
  if (format == OutputFormat::yaml) {
    out << to_yaml(document) << '\n';
  } else {
    out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  }
}

}  // namespace mosaic::cli
