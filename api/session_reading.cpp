// How a session takes a request off its connection.
#include <algorithm>
#include <utility>

#include "api/chunk_decoder.hpp"
#include "api/session.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t most_reserved_bytes = 64 * 1024;  // a length is only a claim

}  // namespace

// Most bodies have come with their header, or there is none.
bool HttpSession::take_body_at_once(const RequestHead& head, Request& request) {
  const auto input = connection_->input();
  if (head.chunked || head.expects_continue || head.content_length > context_.limits.body_bytes ||
      head.content_length > input.size())
    return false;
  request.body.assign(input.substr(0, head.content_length));
  connection_->consume(head.content_length);
  return true;
}

asio::awaitable<ReadOutcome> HttpSession::read_body(const RequestHead& head, Request& request) {
  const auto& limits = context_.limits;
  if (!head.chunked && head.content_length == 0) co_return ReadOutcome::complete;
  if (head.content_length > limits.body_bytes) co_return ReadOutcome::too_large;
  if (head.expects_continue) {
    SendParts go_on{"HTTP/1.1 100 Continue\r\n\r\n", {}, {}};
    if (!co_await connection_->send(go_on, limits.write_timeout)) co_return ReadOutcome::ended;
  }
  body_began_ = SteadyClock::now();
  body_received_ = 0;
  if (head.chunked) {
    const auto outcome = co_await read_chunks(request.body);
    co_return outcome;
  }
  request.body.reserve(std::min<std::size_t>(head.content_length, most_reserved_bytes));
  while (true) {
    const auto bytes = connection_->input().substr(0, head.content_length - request.body.size());
    request.body.append(bytes);
    connection_->consume(bytes.size());
    if (request.body.size() == head.content_length) co_return ReadOutcome::complete;
    const auto outcome = co_await receive_body_part();
    if (outcome != ReadOutcome::complete) co_return outcome;
  }
}

asio::awaitable<ReadOutcome> HttpSession::read_chunks(std::string& body) {
  ChunkDecoder::Limits limits;
  limits.extension_bytes = context_.limits.chunk_extension_bytes;
  limits.trailer_bytes = context_.limits.head.bytes;
  ChunkDecoder decoder(limits);
  while (true) {
    const auto step = decoder.next(connection_->input());
    connection_->consume(step.consumed);
    if (step.event == ChunkDecoder::Event::malformed) co_return ReadOutcome::malformed;
    if (step.event == ChunkDecoder::Event::end) co_return ReadOutcome::complete;
    if (decoder.announced() > context_.limits.body_bytes - body.size())
      co_return ReadOutcome::too_large;
    body.append(step.data);
    if (step.event == ChunkDecoder::Event::data) continue;
    const auto outcome = co_await receive_body_part();
    if (outcome != ReadOutcome::complete) co_return outcome;
  }
}

// Waits for more of a body; gives up one that comes too slowly.
asio::awaitable<ReadOutcome> HttpSession::receive_body_part() {
  const auto& limits = context_.limits;
  const auto before = connection_->input().size();
  connection_->set_deadline(limits.read_timeout);
  if (!co_await connection_->receive()) {
    co_return connection_->timed_out() ? ReadOutcome::timed_out : ReadOutcome::ended;
  }
  body_received_ += connection_->input().size() - before;
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - body_began_);
  const auto due = limits.body_bytes_per_second * static_cast<std::size_t>(elapsed.count()) / 1000;
  co_return elapsed > limits.body_grace&& body_received_ < due ? ReadOutcome::timed_out
                                                               : ReadOutcome::complete;
}

}  // namespace mosaic
