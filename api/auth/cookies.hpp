// The cookies of sign-in: reading the one of a name, and writing or ending one.
//
// Pure functions. Every cookie is HttpOnly, SameSite=Lax and for the path "/" alone; where the site is https it is Secure
// and carries the prefix __Host-, so that neither another host of the domain nor plain http can plant one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/http_message.hpp"

namespace mosaic {

// `name`: "mosaic"; without the prefix.
std::string cookie_name(std::string_view name, bool secure);

// The value of the only cookie of that name; nothing when there is none, or more than one that disagree about who asks.
std::optional<std::string> read_cookie(const Request& request, std::string_view full_name);

// The text of a Set-Cookie field.
std::string write_cookie(std::string_view name, bool secure, std::string_view value,
                         std::chrono::seconds max_age);
std::string end_cookie(std::string_view name, bool secure);

// Beside the Set-Cookie fields that are there already.
void add_cookie(Response& response, std::string set_cookie);

}  // namespace mosaic
