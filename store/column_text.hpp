// Values of the model as Postgres writes and reads them. Private to store/.
//
// Pure functions; safe from any thread. Timestamps are TIMESTAMP(3) in UTC without a zone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/agent.hpp"
#include "model/clock.hpp"
#include "model/stored_text.hpp"
#include "store/session.hpp"

namespace mosaic {

// "2026-01-31 12:34:56.789".
std::string timestamp_text(TimePoint time);
Parameter timestamp_parameter(const std::optional<TimePoint>& time);
// Nothing for anything but a plain date and time ("infinity", years before 1 or after 9999).
std::optional<TimePoint> parse_timestamp(std::string_view text);

// An empty text is NULL in the row.
Parameter text_parameter(const std::string& text);
Parameter number_parameter(const std::optional<std::int64_t>& number);

std::string conditions_json(const std::vector<Condition>& conditions);
std::vector<Condition> parse_conditions(std::string_view json);  // what cannot be read is left out
std::string strings_json(const std::vector<std::string>& strings);
std::vector<std::string> parse_strings(std::string_view json);  // likewise

}  // namespace mosaic
