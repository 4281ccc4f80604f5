// Whether a request that changes something comes from our own pages: the wall against other sites that use a
// visitor's cookie.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>

#include "api/http_message.hpp"

namespace mosaic {

bool is_unsafe_method(const std::string& method);

// For requests that a cookie signs in: what a browser says of their origin (Sec-Fetch-Site) must be same-origin; of a
// browser too old to say it, Origin must be exactly ours. Neither: refused, because any page can make such a request
// of some browser.
std::optional<Response> refuse_other_origin(const Request& request, const std::string& own_origin);

// For requests that need no cookie (sign-in): refused only when a browser says that another site sent them.
std::optional<Response> refuse_said_other_origin(const Request& request,
                                                 const std::string& own_origin);

// A page of another site can send forms, but no JSON without asking first. A body-less DELETE has no type.
std::optional<Response> refuse_other_content(const Request& request);

}  // namespace mosaic
