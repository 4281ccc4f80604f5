// The arguments of a benchmark: --name=value, each at most once, no others.
//
// A plain value.
#pragma once

#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>

namespace mosaic::bench {

class Words {
 public:
  // Throws one line for an argument that is not among `known`.
  Words(int count, char** arguments, std::initializer_list<const char*> known) {
    for (int i = 1; i < count; ++i) {
      const std::string word = arguments[i];
      const auto equals = word.find('=');
      const std::string name = word.starts_with("--") ? word.substr(2, equals - 2) : std::string();
      bool is_known = false;
      for (const char* candidate : known) is_known = is_known || name == candidate;
      if (!is_known || equals == std::string::npos)
        throw std::invalid_argument("unknown argument " + word);
      values_[name] = word.substr(equals + 1);
    }
  }

  // Throws when it was not given.
  const std::string& text(const std::string& name) const {
    const auto value = values_.find(name);
    if (value == values_.end()) throw std::invalid_argument("--" + name + "=... is missing");
    return value->second;
  }
  std::string text_or(const std::string& name, const std::string& otherwise) const {
    const auto value = values_.find(name);
    return value == values_.end() ? otherwise : value->second;
  }
  int number(const std::string& name, int otherwise) const {
    const auto value = values_.find(name);
    return value == values_.end() ? otherwise : std::stoi(value->second);
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace mosaic::bench
