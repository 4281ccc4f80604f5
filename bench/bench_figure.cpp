// bench_figure --figures=FILE --name=... [--unit=...] --ours=N [--reference=N] [--comparison=value|ratio|difference]
//   [--result=N] [--target=N] [--at-least=N] [--note=...] [--impossible=REASON]: appends a figure that a script has measured.
//
// Without a result it is computed from the comparison.
#include <iostream>

#include "bench/figure.hpp"
#include "bench/words.hpp"

namespace mosaic::bench {
namespace {

std::optional<double> number(const Words& words, const std::string& name) {
  const auto text = words.text_or(name, "");
  if (text.empty()) return std::nullopt;
  return std::stod(text);
}

Figure measured(const Words& words) {
  Figure figure;
  figure.name = words.text("name");
  figure.unit = words.text_or("unit", "");
  figure.ours = number(words, "ours");
  figure.reference = number(words, "reference");
  figure.note = words.text_or("note", "");
  figure.impossible = words.text_or("impossible", "");
  figure.target = number(words, "target");
  const auto at_least = number(words, "at-least");
  figure.at_least = at_least.has_value();
  if (at_least) figure.target = at_least;
  const auto comparison = words.text_or("comparison", "value");
  if (comparison == "ratio") figure.comparison = Comparison::ratio;
  if (comparison == "difference") figure.comparison = Comparison::difference;
  if (!figure.ours) return figure;
  if (const auto result = number(words, "result")) {
    figure.result = result;
    return figure;
  }
  figure.result = figure.ours;
  if (figure.reference && figure.comparison == Comparison::ratio)
    figure.result = *figure.ours / *figure.reference;
  if (figure.reference && figure.comparison == Comparison::difference)
    figure.result = *figure.ours - *figure.reference;
  return figure;
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  try {
    const mosaic::bench::Words words(count, arguments,
                                     {"figures", "name", "unit", "ours", "reference", "comparison",
                                      "result", "target", "at-least", "note", "impossible"});
    append_figure(words.text("figures"), mosaic::bench::measured(words));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_figure: " << error.what() << '\n';
    return 1;
  }
}
