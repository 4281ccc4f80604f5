#include "api/egress/egress_session.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <utility>
#include <variant>

#include "api/connection_ends.hpp"
#include "api/session.hpp"
#include "telemetry/held_gauge.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view tunnel_established = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr std::size_t most_addresses = 4;  // of one name are tried

int status_for(EgressOutcome outcome) {
  switch (outcome) {
    case EgressOutcome::credential:
      return 407;
    case EgressOutcome::policy:
    case EgressOutcome::address:
      return 403;
    case EgressOutcome::overloaded:
    case EgressOutcome::unavailable:
      return 503;
    default:
      return 502;
  }
}

std::string refusal_text(int status, std::string_view reason) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " +
                     std::string(reason_phrase(status)) + "\r\nContent-Type: text/plain\r\n";
  if (status == 407) text += "Proxy-Authenticate: Basic realm=\"mosaic\"\r\n";
  text += "Connection: close\r\nContent-Length: " + std::to_string(reason.size() + 1) + "\r\n\r\n";
  return text.append(reason) + "\n";
}

tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
  return tcp::endpoint(asio::ip::make_address(address.text()), port);
}

}  // namespace

EgressSession::EgressSession(const EgressParts& parts, const SessionContext& context,
                             tcp::socket socket, EgressEnds ends, ConnectionLimit::Lease lease)
    : parts_(parts),
      context_(context),
      client_(std::make_shared<Connection>(std::move(socket))),
      ends_(std::move(ends)),
      lease_(std::move(lease)),
      news_(client_->executor()) {}

void EgressSession::close() {
  asio::post(executor(), [self = shared_from_this()] { self->close_both(); });
}

void EgressSession::close_both() {
  closed_ = true;
  client_->close();
  if (target_) target_->close();
  news_.notify();
}

asio::awaitable<void> EgressSession::run() {
  try {
    co_await serve();
  } catch (...) {
    close_both();
    throw;
  }
  close_both();
}

// False when there is none that could be judged; then it has been refused.
asio::awaitable<bool> EgressSession::take_request() {
  client_->set_deadline(context_.limits.head_timeout);
  std::size_t head_bytes = 0;
  bool idle = true;
  const auto read = co_await receive_head(*client_, context_.limits, head_bytes, idle);
  if (read == ReadOutcome::ended) co_return false;
  if (read != ReadOutcome::complete) {
    const int status = read == ReadOutcome::timed_out ? 408 : 431;
    co_await refuse(status, EgressOutcome::malformed, "The header is too large or too slow.");
    co_return false;
  }
  auto parsed = read_egress_request(client_->input().substr(0, head_bytes), context_.limits.head);
  client_->consume(head_bytes);
  client_->lift_deadline();
  if (const auto* const rejection = std::get_if<Rejection>(&parsed)) {
    co_await refuse(rejection->status, EgressOutcome::malformed, rejection->detail);
    co_return false;
  }
  request_ = std::get<EgressRequest>(std::move(parsed));
  co_return true;
}

asio::awaitable<void> EgressSession::serve() {
  const bool asked = co_await take_request();
  if (!asked || closed_) co_return;
  co_await judge();
  if (closed_) co_return;
  if (judgement_.outcome != EgressOutcome::allowed) {
    co_await refuse(status_for(judgement_.outcome), judgement_.outcome, judgement_.reason);
    co_return;
  }
  if (judgement_.ours) {
    co_await answer_in_place();
    co_return;
  }
  const bool connected = co_await connect();
  if (closed_) co_return;
  if (!connected) {
    co_await refuse(502, EgressOutcome::unreachable, "That host does not answer.");
    co_return;
  }
  parts_.count(EgressOutcome::allowed);
  const bool begun = co_await begin();
  if (begun && !closed_) co_await carry();
}

// On a worker, while this coroutine waits for nothing else.
asio::awaitable<void> EgressSession::judge() {
  co_await parts_.turns.take(ends_.peer);
  std::function<void()> look = [this] { judgement_ = parts_.desk.judge(request_, ends_); };
  const bool ran = co_await run_on_worker(context_.workers, std::move(look));
  parts_.turns.give_back(ends_.peer);
  if (ran) co_return;
  judgement_.outcome = EgressOutcome::overloaded;
  judgement_.reason = "Too many requests wait already.";
}

asio::awaitable<bool> EgressSession::still_allowed() {
  bool allowed = true;
  std::function<void()> look = [this, &allowed] {
    allowed = parts_.desk.still_allows(request_, ends_);
  };
  co_await run_on_worker(context_.workers, std::move(look));
  co_return allowed;
}

asio::awaitable<bool> EgressSession::connect() {
  if (judgement_.addresses.size() > most_addresses) judgement_.addresses.resize(most_addresses);
  for (const auto& address : judgement_.addresses) {
    if (closed_) co_return false;
    target_ = std::make_shared<Connection>(executor());
    auto endpoint = endpoint_of(address, request_.target.port);
    const bool connected = co_await target_->connect(endpoint, parts_.limits.connect);
    if (connected) co_return !closed_;
    target_->close();
  }
  co_return false;
}

// What is spoken in this tunnel is our own HTTP, so nothing need be carried.
asio::awaitable<void> EgressSession::answer_in_place() {
  const HeldGauge counted(parts_.traffic.open_connections);
  parts_.count(EgressOutcome::allowed);
  SendParts established{tunnel_established, {}, {}};
  const bool sent = co_await client_->send(established, parts_.limits.send);
  if (!sent || closed_) co_return;
  SessionPeer peer{ends_.peer, nullptr};
  const auto session = std::make_shared<HttpSession>(context_, client_, parts_.own_routes,
                                                     std::move(peer), std::move(lease_));
  co_await session->run();
}

// Tells the agent of its tunnel, or the target what the agent asks.
asio::awaitable<bool> EgressSession::begin() {
  client_->bound_send_buffer();
  target_->bound_send_buffer();
  auto& side = request_.tunnel ? *client_ : *target_;
  SendParts parts{
      request_.tunnel ? tunnel_established : std::string_view(request_.forwarded_head), {}, {}};
  const bool sent = co_await side.send(parts, parts_.limits.send);
  co_return sent;
}

asio::awaitable<void> EgressSession::carry() {
  const HeldGauge counted(parts_.traffic.open_connections);
  moved_ = SteadyClock::now();
  auto look_again = moved_ + parts_.limits.judge_again;
  start_pump(pump_to_client());
  start_pump(request_.tunnel ? pump_to_target() : pump_body());
  while (pumps_ > 0 && !closed_) {
    co_await news_.wait_until(std::min(moved_ + parts_.limits.idle, look_again));
    const auto now = SteadyClock::now();
    bool over = now >= moved_ + parts_.limits.idle;
    if (!over && now >= look_again) {
      const bool allowed = co_await still_allowed();
      over = !allowed;
      look_again = now + parts_.limits.judge_again;
    }
    if (over) close_both();
  }
  close_both();
  // Their frames use what is ours.
  while (pumps_ > 0) co_await news_.wait_until(SteadyTime::max());
}

void EgressSession::start_pump(asio::awaitable<void> pump) {
  ++pumps_;
  asio::co_spawn(executor(), std::move(pump),
                 [self = shared_from_this()](const std::exception_ptr& failure) {
                   --self->pumps_;
                   if (failure) self->fail(failure);
                   self->news_.notify();
                 });
}

void EgressSession::fail(const std::exception_ptr& failure) {
  close_both();
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    context_.log.error("a tunnel ended unexpectedly", {{Field::error, error.what()}});
  }
}

// How much went; nothing more does once this is 0, because either side is done.
asio::awaitable<std::size_t> EgressSession::pass_on(Connection& from, Connection& to,
                                                    std::size_t most, prometheus::Counter& bytes) {
  if (from.input().empty()) {
    const bool more = co_await from.receive();
    if (!more) co_return 0;
  }
  const auto piece = from.input().substr(0, most);
  SendParts parts{piece, {}, {}};
  const bool sent = co_await to.send(parts, parts_.limits.send);
  if (!sent) {
    close_both();
    co_return 0;
  }
  from.consume(piece.size());
  bytes.Increment(static_cast<double>(piece.size()));
  moved_ = SteadyClock::now();
  co_return piece.size();
}

asio::awaitable<void> EgressSession::pump_to_target() {
  std::size_t passed = 1;
  while (passed > 0)
    passed =
        co_await pass_on(*client_, *target_, std::string_view::npos, parts_.traffic.sent_bytes);
  target_->end_sending();
}

// The body and nothing after it: what comes then is another request, which may be for somebody else.
asio::awaitable<void> EgressSession::pump_body() {
  auto rest = request_.body_bytes;
  while (rest > 0) {
    const auto passed = co_await pass_on(*client_, *target_, rest, parts_.traffic.sent_bytes);
    if (passed == 0) co_return close_both();
    rest -= passed;
  }
  bool spoke = !client_->input().empty();
  if (!spoke) spoke = co_await client_->receive();
  if (spoke) close_both();
}

asio::awaitable<void> EgressSession::pump_to_client() {
  std::size_t passed = 1;
  while (passed > 0) {
    passed =
        co_await pass_on(*target_, *client_, std::string_view::npos, parts_.traffic.received_bytes);
  }
  client_->end_sending();
  // One answer was asked for, and this was all of it.
  if (!request_.tunnel) close_both();
}

asio::awaitable<void> EgressSession::refuse(int status, EgressOutcome outcome,
                                            std::string_view reason) {
  parts_.count(outcome);
  const bool on_record = outcome == EgressOutcome::policy || outcome == EgressOutcome::address;
  if (on_record && request_.credential) {
    const auto place = request_.target.host + ":" + std::to_string(request_.target.port);
    parts_.refusals.note(request_.credential->agent, place, std::string(reason));
  }
  const auto text = refusal_text(status, reason);
  SendParts parts{text, {}, {}};
  const bool sent = co_await client_->send(parts, context_.limits.write_timeout);
  if (sent) co_await linger(*client_);
}

}  // namespace mosaic
