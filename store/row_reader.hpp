// Reads the columns of one row one after the other, in the order of its SELECT list. Private to store/.
//
// Thread-safety: one thread. Texts are copied out; the reader keeps the result alive.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "model/clock.hpp"
#include "store/column_text.hpp"
#include "store/session.hpp"

namespace mosaic {

class RowReader {
 public:
  explicit RowReader(const pqxx::row& row, int first = 0) : row_(row), index_(first) {}

  // NULL is an empty text, and no number.
  std::string text() {
    const auto field = next();
    return field ? std::string(*field) : std::string();
  }
  std::optional<std::int64_t> number() {
    const auto field = next();
    std::int64_t value = 0;
    if (!field ||
        std::from_chars(field->data(), field->data() + field->size(), value).ec != std::errc()) {
      return std::nullopt;
    }
    return value;
  }
  std::optional<TimePoint> time() {
    const auto field = next();
    return field ? parse_timestamp(*field) : std::nullopt;
  }
  TimePoint time_or_epoch() { return time().value_or(TimePoint{}); }
  bool flag() {
    const auto field = next();
    return field && field->starts_with('t');
  }
  int position() const { return index_; }

 private:
  std::optional<std::string_view> next() {
    if (index_ >= static_cast<int>(row_.size())) return std::nullopt;
    const auto field = row_[index_++];
    if (field.is_null()) return std::nullopt;
    return std::string_view(field.c_str(), field.size());
  }

  const pqxx::row
      row_;  // shares the result; a reference would outlive result[0], which is a temporary
  int index_;
};

}  // namespace mosaic
