// Where a browser goes after signing in: a path of our own pages, whatever somebody put into the link.
//
// Pure function.
#pragma once

#include <string>
#include <string_view>

namespace mosaic {

// `next` (decoded once) when it is a plain absolute path of this site, else "/". Browsers, proxies and frameworks read odd
// paths differently ("//host", "/\host", "/%5chost", dot segments, control characters), so only plain ones are taken.
std::string safe_next_path(std::string_view next);

}  // namespace mosaic
