// One HTTP readiness probe on one non-blocking socket: connect, GET /readyz, read the status line. Status 200 within
// the caller's deadline means ready; everything else is a failure with a reason in one line.
//
// Not thread-safe. The caller waits for `socket()` to become readable or writable as `wants_write()` says, then
// calls advance(). The socket is closed with the object. Reads at most 4 KB of the answer and trusts none of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace mosaic {

struct ProbeOutcome {
  enum class Verdict {
    ready,
    failed,
    inconclusive
  };  // inconclusive: this process could not even ask

  Verdict verdict = Verdict::failed;
  std::string error;  // empty when ready
};

class HttpProbe {
 public:
  // Begins to connect. `endpoint` is "address:port" with a numeric address ("[v6]:port" as well).
  explicit HttpProbe(const std::string& endpoint);
  ~HttpProbe();
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  // -1 when there is no socket: then advance() tells why.
  int socket() const { return socket_; }
  bool wants_write() const { return stage_ != Stage::reading; }

  // Does what can be done without waiting; an outcome ends the probe.
  std::optional<ProbeOutcome> advance();

  // What to say when the caller's deadline has passed.
  std::string timeout_error(long long timeout_ms) const;

 private:
  enum class Stage { connecting, writing, reading };

  void connect(const std::string& endpoint);
  std::optional<ProbeOutcome> finish_connect();
  std::optional<ProbeOutcome> write_request();
  std::optional<ProbeOutcome> read_answer();
  std::optional<ProbeOutcome> judge(bool at_end) const;

  int socket_ = -1;
  Stage stage_ = Stage::connecting;
  std::optional<ProbeOutcome> early_outcome_;  // of connect()
  std::string request_;
  std::size_t written_ = 0;
  std::string answer_;
};

}  // namespace mosaic
