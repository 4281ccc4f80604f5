// bench_report FILE [-o table|json]: prints the figures of a run. Ends with 0 when there is something to print: a
// missed target is a result, not a failure.
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "bench/figure.hpp"

namespace mosaic::bench {
namespace {

using Row = std::vector<std::string>;

std::string number(double value) {
  char text[32];
  const double size = value < 0 ? -value : value;
  const char* format = size >= 1000 ? "%.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.4f";
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string with_unit(const std::optional<double>& value, const std::string& unit) {
  return value ? number(*value) + (unit.empty() ? "" : " " + unit) : "-";
}

std::string result_unit(const Figure& figure) {
  return figure.comparison == Comparison::ratio ? "x" : figure.unit;
}

std::string result_text(const Figure& figure) {
  if (!figure.impossible.empty()) return "not possible here: " + figure.impossible;
  const std::string sign =
      figure.comparison == Comparison::difference && figure.result > 0 ? "+" : "";
  return sign + with_unit(figure.result, result_unit(figure));
}

std::string met_text(const Figure& figure) {
  const auto met = figure.met();
  if (!met) return "-";
  return *met ? "yes" : "NO";
}

Row row_of(const Figure& figure) {
  return Row{figure.name,
             with_unit(figure.ours, figure.unit),
             with_unit(figure.reference, figure.unit),
             result_text(figure),
             figure.target
                 ? (figure.at_least ? ">= " : "<= ") + with_unit(figure.target, result_unit(figure))
                 : "-",
             met_text(figure),
             figure.note};
}

void print_table(const std::vector<Figure>& figures) {
  std::vector<Row> rows{{"figure", "ours", "reference", "result", "target", "met", "how"}};
  for (const auto& figure : figures) rows.push_back(row_of(figure));
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::cout << line << '\n';
  }
  std::size_t promised = 0;
  std::size_t kept = 0;
  for (const auto& figure : figures) {
    promised += figure.met().has_value() ? 1 : 0;
    kept += figure.met().value_or(false) ? 1 : 0;
  }
  std::cout << '\n' << kept << " of " << promised << " targets met\n";
}

void print_json(const std::vector<Figure>& figures) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& figure : figures) list.push_back(to_json(figure));
  std::cout << nlohmann::json{{"figures", list}}.dump(2) << '\n';
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const bool wants_json = words.size() == 3 && words[1] == "-o" && words[2] == "json";
  const bool wants_table =
      words.size() == 1 || (words.size() == 3 && words[1] == "-o" && words[2] == "table");
  if (!wants_json && !wants_table) {
    std::cerr << "usage: bench_report FILE [-o table|json]\n";
    return 2;
  }
  try {
    const auto figures = mosaic::bench::read_figures(words[0]);
    wants_json ? mosaic::bench::print_json(figures) : mosaic::bench::print_table(figures);
    return figures.empty() ? 1 : 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_report: " << error.what() << '\n';
    return 1;
  }
}
