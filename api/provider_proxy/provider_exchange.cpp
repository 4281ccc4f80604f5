#include "api/provider_proxy/provider_exchange.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <utility>

#include "api/exchange.hpp"
#include "api/gateway/openai_error.hpp"
#include "api/problem.hpp"
#include "api/provider_proxy/key_mask.hpp"
#include "api/provider_proxy/provider_call.hpp"
#include "telemetry/held_gauge.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using Part = UpstreamAnswer::Part;

constexpr std::size_t most_addresses = 4;  // of one name are tried

asio::ip::tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
  return asio::ip::tcp::endpoint(asio::ip::make_address(address.text()), port);
}

std::string_view sentence_for(ProviderOutcome outcome) {
  switch (outcome) {
    case ProviderOutcome::unreachable:
      return "The provider does not answer.";
    case ProviderOutcome::tls:
      return "The provider could not prove who it is.";
    default:
      return "The provider's answer broke off, or is none.";
  }
}

Response with_retry(Response response, int seconds) {
  response.set_field("Retry-After", std::to_string(seconds));
  return response;
}

// In words of ours; for an answer of the provider's own there is none.
Response response_for(ProviderOutcome outcome, std::string_view reason) {
  constexpr std::string_view remedy = "The owner's settings, or an admin's, say what may be asked.";
  switch (outcome) {
    case ProviderOutcome::malformed:
      return problem(400, problem_type::invalid_request, reason, remedy);
    case ProviderOutcome::credential:
    case ProviderOutcome::provider:
      return not_found_response();
    case ProviderOutcome::address:
      return problem(403, problem_type::refused_by_rule, reason, remedy);
    // Its new configuration is on its way to the agent, which asks again.
    case ProviderOutcome::delivered:
      return with_retry(problem(503, problem_type::busy, reason, "Ask again in a moment."), 2);
    case ProviderOutcome::unavailable:
      return with_retry(problem(503, problem_type::database_away, reason, "Try again shortly."), 2);
    case ProviderOutcome::overloaded:
      return busy_response();
    default:
      return problem(502, problem_type::provider_failed, reason, "Try again later.");
  }
}

}  // namespace

ProviderExchange::ProviderExchange(const ProviderParts& parts, FairTurns& turns,
                                   const Request& request, ClientStream& client)
    : parts_(parts), turns_(turns), request_(request), client_(client) {
  client_.on_change([this] {
    if (client_.gone() && upstream_) upstream_->close();
  });
}

ProviderExchange::~ProviderExchange() {
  client_.on_change(nullptr);
  if (upstream_) upstream_->close();
}

asio::awaitable<void> ProviderExchange::run() {
  auto outcome = co_await pass_call();
  if (outcome != ProviderOutcome::answered && client_.gone()) outcome = ProviderOutcome::cancelled;
  parts_.count(outcome);
  note_refusal(outcome);
  co_await tell(outcome);
}

asio::awaitable<ProviderOutcome> ProviderExchange::pass_call() {
  co_await judge();
  if (grant_.outcome != ProviderOutcome::answered) co_return grant_.outcome;
  const HeldGauge counted(parts_.open_calls);
  const auto connected = co_await connect();
  if (connected != ProviderOutcome::answered) co_return connected;
  const auto sent = co_await send_call();
  if (!sent || client_.gone()) co_return ProviderOutcome::malformed;
  UpstreamAnswer::Patience patience;
  patience.silence = *sent ? parts_.limits.silence : parts_.limits.after_refusal;
  UpstreamAnswer answer(*upstream_, patience, [this] { return still_wanted(); });
  const auto outcome = co_await pass_answer(answer);
  co_return outcome;
}

asio::awaitable<bool> ProviderExchange::still_wanted() { co_return !client_.gone(); }

// On a worker, while this coroutine waits for nothing else.
asio::awaitable<void> ProviderExchange::judge() {
  co_await turns_.take(request_.peer_address);
  std::function<void()> look = [this] { grant_ = parts_.desk.judge(request_); };
  const bool ran = co_await client_.on_worker(std::move(look));
  turns_.give_back(request_.peer_address);
  if (!ran) grant_.outcome = ProviderOutcome::overloaded;
}

asio::awaitable<ProviderOutcome> ProviderExchange::connect() {
  if (grant_.addresses.size() > most_addresses) grant_.addresses.resize(most_addresses);
  auto outcome = ProviderOutcome::unreachable;
  for (const auto& address : grant_.addresses) {
    outcome = co_await connect_to(address);
    if (outcome != ProviderOutcome::unreachable || client_.gone()) break;
  }
  co_return outcome;
}

asio::awaitable<ProviderOutcome> ProviderExchange::connect_to(const IpAddress& address) {
  upstream_ = std::make_shared<Connection>(client_.executor());
  auto endpoint = endpoint_of(address, grant_.url.port);
  const bool connected = co_await upstream_->connect(endpoint, parts_.limits.connect);
  if (!connected || client_.gone()) co_return ProviderOutcome::unreachable;
  upstream_->bound_send_buffer();
  if (!grant_.url.https) co_return ProviderOutcome::answered;
  auto host = grant_.url.host;
  const bool secured =
      co_await upstream_->secure(parts_.tls, std::move(host), parts_.limits.connect);
  if (secured) co_return ProviderOutcome::answered;
  if (upstream_->tls_failure().empty()) co_return ProviderOutcome::unreachable;
  client_.log().info("a provider could not prove who it is",
                     {{Field::error, upstream_->tls_failure()}});
  co_return ProviderOutcome::tls;
}

asio::awaitable<std::optional<bool>> ProviderExchange::send_call() {
  const auto head = provider_call_head(request_, grant_);
  const bool chunks = comes_in_chunks(request_);
  SendParts parts{head, {}, {}};
  bool taken = co_await upstream_->send(parts, parts_.limits.send);
  std::optional<bool> outcome;
  std::string_view piece;
  while (taken) {
    auto refusal = co_await client_.read_body(piece);
    if (refusal) {
      const auto response = as_openai_error(*refusal);
      co_await client_.respond(response);
      co_return outcome;
    }
    if (piece.empty()) break;
    taken = co_await send_piece(piece, chunks);
  }
  if (taken && chunks) taken = co_await send_piece({}, chunks);
  outcome = taken;
  co_return outcome;
}

// An empty one, in chunks, is the end.
asio::awaitable<bool> ProviderExchange::send_piece(std::string_view piece, bool chunks) {
  std::array<char, 20> line{};
  SendParts parts{piece, {}, {}};
  if (chunks) {
    auto* end = std::to_chars(line.data(), line.data() + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    parts = {std::string_view(line.data(), static_cast<std::size_t>(end - line.data())), piece,
             "\r\n"};
  }
  const bool sent = co_await upstream_->send(parts, parts_.limits.send);
  co_return sent;
}

asio::awaitable<ProviderOutcome> ProviderExchange::pass_answer(UpstreamAnswer& answer) {
  const auto part = co_await answer.read_head();
  if (part != Part::data) co_return ProviderOutcome::broken;
  const auto head = provider_answer_head(answer.head(), grant_.key);
  if (!head) co_return ProviderOutcome::broken;
  const bool begun = co_await client_.begin(*head, answer.head().content_length);
  if (!begun) co_return ProviderOutcome::cancelled;
  const auto outcome = co_await pass_body(answer);
  co_return outcome;
}

asio::awaitable<ProviderOutcome> ProviderExchange::pass_body(UpstreamAnswer& answer) {
  KeyMask mask(grant_.key);
  bool taken = true;
  auto part = Part::data;
  while (taken && part == Part::data) {
    part = co_await answer.read_piece();
    if (part == Part::data) taken = co_await client_.write(mask.pass(answer.piece()));
  }
  if (taken && part != Part::end) co_return ProviderOutcome::broken;  // and the agent sees it cut
  if (taken) taken = co_await client_.write(mask.rest());
  if (taken) taken = co_await client_.end();
  co_return taken ? ProviderOutcome::answered : ProviderOutcome::cancelled;
}

asio::awaitable<void> ProviderExchange::tell(ProviderOutcome outcome) {
  if (client_.begun() || client_.gone()) co_return;
  if (grant_.reason.empty()) grant_.reason = sentence_for(outcome);
  const auto response = as_openai_error(response_for(outcome, grant_.reason));
  co_await client_.respond(response);
}

void ProviderExchange::note_refusal(ProviderOutcome outcome) {
  const bool on_record =
      outcome == ProviderOutcome::provider || outcome == ProviderOutcome::address;
  if (on_record && grant_.agent) parts_.refusals.note(*grant_.agent, grant_.place, grant_.reason);
}

}  // namespace mosaic
