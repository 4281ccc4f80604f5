#include "bench/figure.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace mosaic::bench {
namespace {

using nlohmann::json;

std::string word(Comparison comparison) {
  switch (comparison) {
    case Comparison::value:
      return "value";
    case Comparison::ratio:
      return "ratio";
    case Comparison::difference:
      return "difference";
  }
  return "value";
}

Comparison parse_comparison(const std::string& text) {
  if (text == "ratio") return Comparison::ratio;
  if (text == "difference") return Comparison::difference;
  return Comparison::value;
}

json optional_number(const std::optional<double>& number) {
  return number ? json(*number) : json(nullptr);
}

std::optional<double> optional_number(const json& object, const char* name) {
  const json& number = object.at(name);
  if (number.is_null()) return std::nullopt;
  return number.get<double>();
}

}  // namespace

std::optional<bool> Figure::met() const {
  if (!target) return std::nullopt;
  return result && (at_least ? *result >= *target : *result <= *target);
}

Figure value_figure(std::string name, std::string unit, double ours, std::optional<double> target,
                    std::string note) {
  Figure figure;
  figure.name = std::move(name);
  figure.unit = std::move(unit);
  figure.ours = ours;
  figure.result = ours;
  figure.target = target;
  figure.note = std::move(note);
  return figure;
}

Figure impossible_figure(std::string name, std::string reason) {
  Figure figure;
  figure.name = std::move(name);
  figure.impossible = std::move(reason);
  return figure;
}

json to_json(const Figure& figure) {
  const auto met = figure.met();
  return json{{"name", figure.name},
              {"unit", figure.unit},
              {"ours", optional_number(figure.ours)},
              {"reference", optional_number(figure.reference)},
              {"comparison", word(figure.comparison)},
              {"result", optional_number(figure.result)},
              {"target", optional_number(figure.target)},
              {"at_least", figure.at_least},
              {"met", met ? json(*met) : json(nullptr)},
              {"note", figure.note},
              {"impossible", figure.impossible}};
}

Figure figure_from_json(const json& object) {
  Figure figure;
  figure.name = object.at("name").get<std::string>();
  figure.unit = object.at("unit").get<std::string>();
  figure.ours = optional_number(object, "ours");
  figure.reference = optional_number(object, "reference");
  figure.comparison = parse_comparison(object.at("comparison").get<std::string>());
  figure.result = optional_number(object, "result");
  figure.target = optional_number(object, "target");
  figure.at_least = object.value("at_least", false);
  figure.note = object.at("note").get<std::string>();
  figure.impossible = object.at("impossible").get<std::string>();
  return figure;
}

void append_figure(const std::filesystem::path& file, const Figure& figure) {
  std::ofstream out(file, std::ios::app);
  out << to_json(figure).dump() << '\n';
  out.flush();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

std::vector<Figure> read_figures(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<Figure> figures;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) figures.push_back(figure_from_json(json::parse(line)));
  }
  return figures;
}

double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) throw std::invalid_argument("a percentile needs at least one sample");
  const auto rank =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size())));
  const std::size_t index = std::clamp<std::size_t>(rank, 1, samples.size()) - 1;
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(index),
                   samples.end());
  return samples[index];
}

}  // namespace mosaic::bench
