#include "api/session_stream.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "api/exchange.hpp"
#include "api/problem.hpp"
#include "api/request_body.hpp"

namespace mosaic {

namespace asio = boost::asio;

SessionStream::SessionStream(const SessionContext& context, Connection& connection, Terms terms)
    : context_(context), connection_(connection), terms_(terms) {}

const Logger& SessionStream::log() {
  if (!log_) log_ = context_.log.with_correlation(terms_.request_id);
  return *log_;
}

asio::awaitable<std::optional<Response>> SessionStream::read_body(std::string_view& piece) {
  piece = {};
  std::optional<Response> refusal;
  if (terms_.body == nullptr) co_return refusal;
  const auto outcome = co_await terms_.body->next();
  connection_.lift_deadline();
  piece = terms_.body->piece();
  if (outcome != ReadOutcome::complete) {
    const auto rejection = rejection_of(outcome);
    refusal = unreadable_request(rejection.status, rejection.detail);
  }
  co_return refusal;
}

// What is left of a body would be read as the next request.
bool SessionStream::stays_open() const {
  const bool body_over = terms_.body == nullptr || terms_.body->over();
  return terms_.keep_alive && !context_.stopping && body_over;
}

asio::awaitable<bool> SessionStream::respond(const Response& response) {
  if (begun() || gone()) co_return false;
  status_ = response.status;
  terms_.keep_alive = stays_open();
  const auto head = response_head(response, terms_.request_id, ResponseFraming::whole,
                                  response.body.size(), terms_.keep_alive);
  SendParts parts{head, response.body, {}};
  ended_ = true;
  auto sent = connection_.send_now(parts);
  if (sent == Connection::Sent::some) {
    const bool all = co_await connection_.send(parts, context_.limits.write_timeout);
    if (all) sent = Connection::Sent::all;
  }
  failed_ = sent != Connection::Sent::all;
  co_return !failed_;
}

asio::awaitable<bool> SessionStream::begin(const Response& head,
                                           std::optional<std::uint64_t> length) {
  if (begun() || gone()) co_return false;
  status_ = head.status;
  if (length) {
    framing_ = Framing::length;
    rest_ = *length;
  } else if (!terms_.chunks_understood) {
    framing_ = Framing::until_close;
    terms_.keep_alive = false;
  }
  terms_.keep_alive = stays_open();
  connection_.bound_send_buffer();
  const auto wire_framing = framing_ == Framing::length   ? ResponseFraming::whole
                            : framing_ == Framing::chunks ? ResponseFraming::chunks
                                                          : ResponseFraming::until_close;
  const auto text =
      response_head(head, terms_.request_id, wire_framing, length.value_or(0), terms_.keep_alive);
  SendParts parts{text, {}, {}};
  failed_ = !co_await connection_.send(parts, context_.limits.write_timeout);
  co_return !failed_;
}

asio::awaitable<bool> SessionStream::write(std::string_view bytes) {
  if (!begun() || ended_ || gone()) co_return false;
  if (bytes.empty()) co_return true;  // an empty chunk would be the end
  SendParts parts{bytes, {}, {}};
  std::array<char, 20> size_line{};
  if (framing_ == Framing::chunks) {
    auto* end = std::to_chars(size_line.data(), size_line.data() + 16, bytes.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    parts = {std::string_view(size_line.data(), static_cast<std::size_t>(end - size_line.data())),
             bytes, "\r\n"};
  } else if (framing_ == Framing::length) {
    if (bytes.size() > rest_) {
      failed_ = true;
      co_return false;
    }
    rest_ -= bytes.size();
  }
  auto sent = connection_.send_now(parts);
  if (sent == Connection::Sent::some) {
    const bool all = co_await connection_.send(parts, context_.limits.write_timeout);
    if (all) sent = Connection::Sent::all;
  }
  failed_ = sent != Connection::Sent::all;
  co_return !failed_;
}

asio::awaitable<bool> SessionStream::end() {
  if (!begun() || ended_ || gone()) co_return false;
  if (framing_ == Framing::length && rest_ > 0) {
    failed_ = true;
    co_return false;
  }
  if (framing_ == Framing::chunks) {
    SendParts parts{"0\r\n\r\n", {}, {}};
    failed_ = !co_await connection_.send(parts, context_.limits.write_timeout);
  }
  ended_ = !failed_;
  co_return ended_;
}

asio::awaitable<bool> SessionStream::on_worker(std::function<void()> task) {
  const bool ran = co_await run_on_worker(context_.workers, std::move(task));
  co_return ran;
}

}  // namespace mosaic
