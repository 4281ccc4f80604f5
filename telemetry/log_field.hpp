// What a log line may say beside its message: a fixed list of fields, each with one typed value.
//
// The list is the allow-list of the log. A field that is not in it cannot be written, so nobody
// logs a request body, a header or a row by accident; extend the list here, in plain sight. Never
// add one for text that users or models write.
//
// A LogField refers to the text it was given and lives only as long as the call that logs it.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

namespace mosaic {

enum class Field : std::uint8_t {
  kind,       // of a resource: user, system, …
  name,       // of a container, network, volume, provider; never of a person
  key,        // "user/c123": the resource the line is about
  container,  // the engine's id, short form
  image,
  action,  // what is being done
  phase,
  reason,  // CamelCase word or one line of our own making
  error,   // one line of a caught error
  duration_ms,
  attempt,
  status,  // HTTP status or container status
  method,  // HTTP method
  path,    // without the query
  remote,  // address of the peer
  term,    // of the lease
  generation,
  count,
  subnet,
  version,
  port,
  address,
  signal,
  exit_code,
  delay_ms,
  memory_mb,
  url_host,  // host and port of a URL, nothing else of it
  state,
  result,
  database,  // name of the database, never its URL
  migration,
  file,
};

std::string_view to_string(Field field);

using FieldValue = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

struct LogField {
  Field field;
  FieldValue value;

  template <typename Text>
  requires std::convertible_to<const Text&, std::string_view> LogField(Field log_field,
                                                                       const Text& text)
      : field(log_field), value(std::string_view(text)) {}

  LogField(Field log_field, bool yes) : field(log_field), value(yes) {}

  template <std::signed_integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
      LogField(Field log_field, Number number)
      : field(log_field), value(static_cast<std::int64_t>(number)) {}

  template <std::unsigned_integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>)
      LogField(Field log_field, Number number)
      : field(log_field), value(static_cast<std::uint64_t>(number)) {}

  template <std::floating_point Number>
  LogField(Field log_field, Number number) : field(log_field), value(static_cast<double>(number)) {}

  // In milliseconds, as the names of the fields for durations say.
  template <typename Representation, typename Period>
  LogField(Field log_field, std::chrono::duration<Representation, Period> duration)
      : field(log_field),
        value(static_cast<std::int64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(duration).count())) {}
};

}  // namespace mosaic
