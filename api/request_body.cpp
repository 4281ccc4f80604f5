#include "api/request_body.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

ChunkDecoder::Limits chunk_limits(const ServerLimits& server) {
  ChunkDecoder::Limits limits;
  limits.extension_bytes = server.chunk_extension_bytes;
  limits.trailer_bytes = server.head.bytes;
  return limits;
}

}  // namespace

RequestBody::RequestBody(const ServerLimits& limits, Connection& connection,
                         const RequestHead& head, std::size_t most_bytes)
    : limits_(limits),
      connection_(connection),
      decoder_(chunk_limits(limits)),
      chunked_(head.chunked),
      most_bytes_(most_bytes),
      rest_(head.chunked ? 0 : head.content_length),
      go_on_due_(head.expects_continue),
      over_(!head.chunked && head.content_length == 0) {}

asio::awaitable<ReadOutcome> RequestBody::next() {
  piece_.clear();
  if (over_) co_return ReadOutcome::complete;
  if (rest_ > most_bytes_ - taken_) co_return ReadOutcome::too_large;
  if (std::exchange(go_on_due_, false)) {
    SendParts go_on{"HTTP/1.1 100 Continue\r\n\r\n", {}, {}};
    const bool told = co_await connection_.send(go_on, limits_.write_timeout);
    if (!told) co_return ReadOutcome::ended;
  }
  while (true) {
    const auto taken = chunked_ ? take_chunk() : take();
    if (taken != ReadOutcome::complete || !piece_.empty() || over_) co_return taken;
    const auto received = co_await receive();
    if (received != ReadOutcome::complete) co_return received;
  }
}

ReadOutcome RequestBody::take() {
  const auto bytes = connection_.input().substr(0, rest_);
  piece_ = bytes;
  connection_.consume(bytes.size());
  rest_ -= piece_.size();
  taken_ += piece_.size();
  over_ = rest_ == 0;
  return ReadOutcome::complete;
}

// All that is there, however many chunks it came in.
ReadOutcome RequestBody::take_chunk() {
  while (true) {
    const auto step = decoder_.next(connection_.input());
    connection_.consume(step.consumed);
    if (step.event == ChunkDecoder::Event::malformed) return ReadOutcome::malformed;
    over_ = step.event == ChunkDecoder::Event::end;
    if (over_) return ReadOutcome::complete;
    if (decoder_.announced() > most_bytes_ - taken_) return ReadOutcome::too_large;
    piece_.append(step.data);
    taken_ += step.data.size();
    if (step.event == ChunkDecoder::Event::need_more) return ReadOutcome::complete;
  }
}

// Waits for more; gives up what comes too slowly. Only waiting counts: who does not ask for more is not kept waiting.
asio::awaitable<ReadOutcome> RequestBody::receive() {
  const auto before = connection_.input().size();
  const auto since = SteadyClock::now();
  connection_.set_deadline(limits_.read_timeout);
  const bool more = co_await connection_.receive();
  if (!more) co_return connection_.timed_out() ? ReadOutcome::timed_out : ReadOutcome::ended;
  received_ += connection_.input().size() - before;
  waited_ += std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - since);
  const auto due = limits_.body_bytes_per_second * static_cast<std::size_t>(waited_.count()) / 1000;
  const bool slow = waited_ > limits_.body_grace && received_ < due;
  co_return slow ? ReadOutcome::timed_out : ReadOutcome::complete;
}

Rejection rejection_of(ReadOutcome outcome) {
  Rejection rejection;
  if (outcome == ReadOutcome::timed_out) {
    rejection.status = 408;
    rejection.detail = "The body did not arrive in time.";
  } else if (outcome == ReadOutcome::too_large) {
    rejection.status = 413;
    rejection.detail = "The body is too large.";
  } else {
    rejection.detail = "The body is malformed.";
  }
  return rejection;
}

}  // namespace mosaic
