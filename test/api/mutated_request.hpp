// Requests that were valid once: a few random changes of the kinds that parsers get wrong.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace mosaic::test {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

inline std::string mutated(Random& random, const std::vector<std::string>& valid_requests) {
  static const std::vector<std::string> fragments{"\r\n",
                                                  "\n",
                                                  "\r",
                                                  "\r\n\r\n",
                                                  ":",
                                                  " ",
                                                  "\t",
                                                  std::string(1, '\0'),
                                                  "\x80\xff",
                                                  "%",
                                                  "%00",
                                                  "Host: b\r\n",
                                                  "Content-Length: 7\r\n",
                                                  "Content-Length: 99999999999999999999999\r\n",
                                                  "Transfer-Encoding: chunked\r\n",
                                                  "ffffffffffffffff\r\n",
                                                  "Expect: 100-continue\r\n",
                                                  "Connection: close\r\n",
                                                  "HTTP/9.9",
                                                  "/../../",
                                                  ";"};
  auto request = valid_requests[below(random, valid_requests.size())];
  for (auto count = below(random, 4); count > 0 && !request.empty(); --count) {
    const auto position = below(random, request.size());
    switch (below(random, 5)) {
      case 0:
        request[position] = static_cast<char>(random());
        break;
      case 1:
        request.erase(position, 1 + below(random, 8));
        break;
      case 2:
        request.insert(position, fragments[below(random, fragments.size())]);
        break;
      case 3:
        request.insert(position, request.substr(0, below(random, request.size())));
        break;
      default:
        request.resize(position);
        break;
    }
  }
  return request;
}

}  // namespace mosaic::test
