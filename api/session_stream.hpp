// What a streaming route sees of its session. Private to the server; one per request, see client_stream.hpp.
#pragma once

#include <memory>
#include <optional>

#include "api/client_stream.hpp"
#include "api/connection.hpp"
#include "api/session.hpp"

namespace mosaic {

class SessionStream final : public ClientStream {
 public:
  struct Terms {
    std::string_view request_id;    // of the request, which outlives the stream
    bool chunks_understood = true;  // HTTP/1.1
    bool keep_alive = true;
    RequestBody* body = nullptr;  // where the handler takes it itself
  };

  SessionStream(const SessionContext& context, Connection& connection, Terms terms);

  boost::asio::any_io_executor executor() override { return connection_.executor(); }
  boost::asio::awaitable<std::optional<Response>> read_body(std::string_view& piece) override;
  boost::asio::awaitable<bool> respond(const Response& response) override;
  boost::asio::awaitable<bool> begin(const Response& head,
                                     std::optional<std::uint64_t> length) override;
  boost::asio::awaitable<bool> write(std::string_view bytes) override;
  boost::asio::awaitable<bool> end() override;
  bool begun() const override { return status_ != 0; }
  bool gone() const override { return failed_ || connection_.ended(); }
  bool stopping() const override { return context_.stopping; }
  void on_change(std::function<void()> changed) override { changed_ = std::move(changed); }
  boost::asio::awaitable<bool> on_worker(std::function<void()> task) override;
  const Logger& log() override;

  void tell_change() {
    if (changed_) changed_();
  }
  int status() const { return status_; }  // 0: nothing was answered
  // The whole answer has gone out.
  bool ended() const { return ended_ && !failed_; }
  // Whether another request can follow on this connection.
  bool reusable() const { return ended() && terms_.keep_alive; }

 private:
  // As the answer's head is to say.
  bool stays_open() const;

  enum class Framing : std::uint8_t { length, chunks, until_close };

  const SessionContext& context_;
  Connection& connection_;
  Terms terms_;
  std::optional<Logger> log_;  // most streams have nothing to say
  std::function<void()> changed_;
  int status_ = 0;
  Framing framing_ = Framing::chunks;
  std::uint64_t rest_ = 0;  // of a length
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace mosaic
