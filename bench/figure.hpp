// One measured figure: what we took, what a reference took, and what was promised. Benchmarks append figures to a file,
// one JSON object per line; bench/report.cpp prints them as one table.
//
// Plain values and pure functions, but for append_figure(). A figure that could not be measured says why; nothing is
// ever filled in for it.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mosaic::bench {

// What is held against the target: our own value, ours / reference, or ours - reference.
enum class Comparison { value, ratio, difference };

struct Figure {
  std::string name;
  std::string unit;  // of ours and reference: "ms", "us", "s", "MB", "%"
  std::optional<double> ours;
  std::optional<double> reference;
  Comparison comparison = Comparison::value;
  std::optional<double>
      result;  // of the comparison; pairwise ones need not equal that of the two columns
  std::optional<double>
      target;              // the result is to be at most this; nothing: told for information only
  bool at_least = false;   // the result is to be at least the target instead
  std::string note;        // how it was measured, in a few words
  std::string impossible;  // why there is nothing to show here

  // Nothing when there is no target; false when there is one and nothing was measured.
  std::optional<bool> met() const;
};

Figure value_figure(std::string name, std::string unit, double ours, std::optional<double> target,
                    std::string note);
Figure impossible_figure(std::string name, std::string reason);

nlohmann::json to_json(const Figure& figure);
Figure figure_from_json(const nlohmann::json& json);

void append_figure(const std::filesystem::path& file, const Figure& figure);
std::vector<Figure> read_figures(const std::filesystem::path& file);

// The smallest sample that at least `share` (0 to 1) of all samples do not exceed; throws without samples.
double percentile(std::vector<double> samples, double share);

template <typename Rep, typename Period>
double to_ms(std::chrono::duration<Rep, Period> duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace mosaic::bench
