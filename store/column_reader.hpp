// Reads columns one after the other, in the order of a SELECT list, wherever their texts come from. Private to store/.
//
// Thread-safety: one thread. Texts are copied out.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/clock.hpp"
#include "store/column_text.hpp"
#include "store/session.hpp"

namespace mosaic {

// `Fields::next()` gives the next column's text; nothing for NULL and past the end.
template <typename Fields>
class ColumnReader {
 public:
  explicit ColumnReader(Fields fields) : fields_(std::move(fields)) {}

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
  std::optional<std::string_view> next() { return fields_.next(); }

 private:
  Fields fields_;
};

// A row of a result, which it keeps alive: a reference would outlive result[0], which is a temporary.
class RowFields {
 public:
  RowFields(const pqxx::row& row, int first) : row_(row), index_(first) {}

  std::optional<std::string_view> next() {
    if (index_ >= static_cast<int>(row_.size())) return std::nullopt;
    const auto field = row_[index_++];
    if (field.is_null()) return std::nullopt;
    return std::string_view(field.c_str(), field.size());
  }

 private:
  pqxx::row row_;
  int index_;
};

class RowReader : public ColumnReader<RowFields> {
 public:
  explicit RowReader(const pqxx::row& row, int first = 0) : ColumnReader(RowFields(row, first)) {}
};

}  // namespace mosaic
