#include "api/gateway/upstream_answer.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

constexpr int most_interim_answers = 4;  // 100 Continue and the like

HeadLimits head_limits() { return HeadLimits{}; }

}  // namespace

UpstreamAnswer::UpstreamAnswer(Connection& connection, Patience patience, OnSilence on_silence)
    : connection_(connection),
      patience_(patience),
      on_silence_(std::move(on_silence)),
      decoder_(ChunkDecoder::Limits{}) {}

asio::awaitable<UpstreamAnswer::Part> UpstreamAnswer::read_head() {
  std::size_t searched = 0;
  int interim_answers = 0;
  while (true) {
    const auto input = connection_.input();
    const auto end = input.find("\r\n\r\n", searched);
    if (end == std::string_view::npos) {
      if (input.size() > head_limits().bytes) co_return Part::malformed;
      searched = input.size() < 3 ? 0 : input.size() - 3;
      const bool more = co_await receive();
      if (!more) co_return why_not();
      continue;
    }
    auto read = read_response_head(input.substr(0, end + 4), head_limits());
    if (!std::holds_alternative<ResponseHead>(read)) co_return Part::malformed;
    connection_.consume(end + 4);
    searched = 0;
    head_ = std::move(std::get<ResponseHead>(read));
    if (head_.status >= 200) break;
    if (head_.status == 101 || ++interim_answers > most_interim_answers) co_return Part::malformed;
  }
  rest_ = head_.content_length.value_or(0);
  ended_ = head_.content_length == 0U;
  co_return Part::data;
}

asio::awaitable<UpstreamAnswer::Part> UpstreamAnswer::read_piece() {
  connection_.consume(std::exchange(given_, 0));
  piece_ = {};
  while (true) {
    if (ended_) co_return Part::end;
    const bool taken = head_.chunked ? take_chunks() : take_plain();
    if (taken) co_return Part::data;
    if (malformed_) co_return Part::malformed;
    if (ended_) co_return Part::end;
    const bool more = co_await receive();
    if (more) continue;
    const bool ends_with_connection = !head_.chunked && !head_.content_length;
    const bool whole = connection_.ended() && !connection_.cut_off();
    if (ends_with_connection && whole && !silent_) {
      ended_ = true;
      co_return Part::end;
    }
    co_return why_not();
  }
}

// All that is there goes on as one piece, however many chunks it came in.
bool UpstreamAnswer::take_chunks() {
  const auto input = connection_.input();
  std::size_t consumed = 0;
  int pieces = 0;
  while (true) {
    const auto step = decoder_.next(input.substr(consumed));
    consumed += step.consumed;
    if (step.event == ChunkDecoder::Event::data) {
      if (++pieces == 2) joined_ = piece_;
      if (pieces >= 2) joined_ += step.data;
      if (pieces == 1) piece_ = step.data;
      continue;
    }
    ended_ = step.event == ChunkDecoder::Event::end;
    malformed_ = step.event == ChunkDecoder::Event::malformed;
    break;
  }
  if (pieces >= 2) piece_ = joined_;
  if (malformed_ || pieces == 0) {
    connection_.consume(consumed);
    piece_ = {};
    return false;
  }
  given_ = consumed;
  return true;
}

bool UpstreamAnswer::take_plain() {
  piece_ = connection_.input();
  if (head_.content_length) piece_ = piece_.substr(0, rest_);
  given_ = piece_.size();
  if (head_.content_length) {
    rest_ -= piece_.size();
    ended_ = rest_ == 0;
  }
  return !piece_.empty();
}

asio::awaitable<bool> UpstreamAnswer::receive() {
  const auto since = SteadyClock::now();
  while (true) {
    connection_.set_deadline(std::min(patience_.tick, patience_.silence));
    const bool received = co_await connection_.receive();
    const bool timed_out = connection_.timed_out();
    connection_.lift_deadline();
    if (received) co_return true;
    if (!timed_out) co_return false;
    silent_ = SteadyClock::now() - since >= patience_.silence;
    if (silent_) co_return false;
    const bool go_on = co_await on_silence_();
    if (!go_on) co_return false;
  }
}

UpstreamAnswer::Part UpstreamAnswer::why_not() const {
  return silent_ ? Part::silent : Part::broken;
}

bool UpstreamAnswer::reusable() const {
  return ended_ && !malformed_ && head_.keep_alive && !connection_.ended() &&
         connection_.input().size() == given_;
}

}  // namespace mosaic
