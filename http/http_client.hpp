// A small blocking HTTP/1.1 client for one server: every operation ends at its limit, connections are kept alive in
// a small pool, long answers can be read piece by piece.
//
// Thread-safety: HttpClient may be used from any thread; an HttpBodyStream belongs to one thread at a time, and an
// Interrupt in its limits ends its wait from any other. All of it throws HttpError.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http_endpoint.hpp"
#include "http/wait_limit.hpp"

namespace mosaic {

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // origin form, already encoded
  std::string body;
  // Beside Host, User-Agent and Content-Length; a Content-Type here replaces application/json.
  std::vector<std::pair<std::string, std::string>> fields;
  // May be sent a second time when a kept-alive connection turns out to be closed before any byte of the answer.
  bool repeatable = false;
};

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;

  // The first field of that name, in any case of letters; empty when there is none.
  std::string_view field(std::string_view name) const;
};

// Appends some bytes of a body; false at its end.
using HttpBodySource = std::function<bool(std::string& into)>;

struct HttpLimits {
  std::size_t header_bytes = 64 * 1024;
  std::size_t body_bytes = 64 * 1024 * 1024;
  std::size_t idle_connections = 8;
  std::chrono::milliseconds idle_time = std::chrono::seconds(60);
};

// The body of an answer that may have no end.
class HttpBodyStream {
 public:
  enum class Outcome { data, time_up, interrupted, ended };

  virtual ~HttpBodyStream() = default;
  virtual int status() const = 0;
  // Appends what has arrived to `into`; waits when nothing has. After time_up reading may go on. A connection that
  // broke counts as ended.
  virtual Outcome read(std::string& into, const WaitLimit& limit) = 0;
};

class HttpClient {
 public:
  explicit HttpClient(const HttpEndpoint& endpoint, HttpLimits limits = {});
  ~HttpClient();

  HttpAnswer call(const HttpRequest& request, const WaitLimit& limit);
  // Returns once the header of the answer is there; on a connection of its own.
  std::unique_ptr<HttpBodyStream> open(const HttpRequest& request, const WaitLimit& limit);
  // Sends a body of unknown length as it comes, in chunks, on a connection of its own; each piece, and then the answer,
  // may take `stall_limit`. A server that answers before it has all of it is heard.
  HttpAnswer upload(const HttpRequest& request, const HttpBodySource& body,
                    std::chrono::milliseconds stall_limit);
  // Closes what is idle; calls under way are not touched.
  void forget_connections();
  std::size_t idle_connections() const;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

// For one segment of a path or one value of a query: everything but letters, digits, "-", ".", "_" and "~" encoded.
std::string percent_encode(std::string_view text);

}  // namespace mosaic
