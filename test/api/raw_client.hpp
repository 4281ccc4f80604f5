// A client that sends exactly the bytes it is told to, over a real socket on the loopback.
//
// Every wait ends after five seconds with an exception, so that a broken server fails a test
// instead of hanging it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mosaic::test {

struct RawResponse {
  int status = 0;
  std::string head;  // status line and fields
  std::string body;

  std::string field(
      const std::string& name) const;  // the name as the server spells it; empty: absent
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the server has closed the connection.
  bool send(std::string_view bytes);
  // Nothing when the connection ended before a whole response.
  std::optional<RawResponse> read_response(bool with_body = true);
  // Whatever has come or comes next; empty when nothing more will.
  std::string read_some();
  // Everything up to and including `end`, or until the server closes; what came with `end` is in it too.
  std::string read_until(std::string_view end);
  // Everything until the server closes.
  std::string read_to_end();
  // True when nothing more comes: closed or reset by the server.
  bool ended();
  // Whether something has come that was not read yet; waits at most ten milliseconds for it.
  bool has_input();
  void close_sending();

 private:
  bool receive();

  int descriptor_ = -1;
  std::string buffer_;
};

// One request on a connection of its own.
std::optional<RawResponse> ask_once(std::uint16_t port, std::string_view request);

// A GET with a Host and the given further field lines (each ending with CR LF).
std::string get_request(const std::string& target, const std::string& more_fields = "");

}  // namespace mosaic::test
