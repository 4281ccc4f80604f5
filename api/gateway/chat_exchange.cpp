#include "api/gateway/chat_exchange.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/gateway/upstream_pool.hpp"
#include "api/problem.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Part = UpstreamAnswer::Part;

constexpr std::size_t held_back_bytes = 64 * 1024;  // of an event that is not complete
constexpr std::size_t gathered_bytes =
    256 * 1024;  // of a document before it is passed on as it comes
constexpr std::chrono::seconds longest_drain_pause{5};

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != port_text.data() + port_text.size())
    return std::nullopt;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error) return std::nullopt;
  return tcp::endpoint(address, port);
}

std::string_view media_type(const ResponseHead& head) {
  auto type = head.field("content-type");
  return type.substr(0, type.find_first_of("; \t"));
}

Response event_stream_head() {
  Response head(200, "text/event-stream", "");
  head.set_field("Cache-Control", "no-cache, no-transform");
  head.set_field("X-Accel-Buffering", "no");
  return head;
}

OpenAiError agent_error(std::string message, std::string_view code) {
  OpenAiError error;
  error.status = 502;
  error.message = std::move(message);
  error.code = code;
  return error;
}

// A comment, which every client that does not know it leaves out.
std::string progress_comment(const WakeProgress& progress) {
  nlohmann::ordered_json body;
  body["phase"] = to_string(progress.phase);
  if (progress.pull_percent) body["percent"] = *progress.pull_percent;
  if (!progress.reason.empty()) body["reason"] = progress.reason;
  if (!progress.message.empty()) body["message"] = progress.message;
  if (progress.remaining)
    body["remaining_ms"] = std::chrono::duration_cast<milliseconds>(*progress.remaining).count();
  return ": mosaic " + body.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) +
         "\n\n";
}

}  // namespace

struct ChatExchange::SeatWait {
  explicit SeatWait(const asio::any_io_executor& client_executor)
      : executor(client_executor), wakeup(client_executor) {}

  const asio::any_io_executor executor;
  TimedWakeup wakeup;  // of the client's thread
  std::mutex mutex;
  std::optional<AgentSeat> seat;
  std::optional<DeskRefusal> refusal;
  std::optional<WakeProgress> progress;

  template <typename Member, typename News>
  static void tell(const std::shared_ptr<SeatWait>& self, Member member, News news) {
    {
      const std::lock_guard lock(self->mutex);
      (*self).*member = std::move(news);
    }
    asio::post(self->executor, [self] { self->wakeup.notify(); });
  }

  static WaitCallbacks callbacks(const std::shared_ptr<SeatWait>& self) {
    WaitCallbacks callbacks;
    callbacks.on_seat = [self](AgentSeat given) { tell(self, &SeatWait::seat, std::move(given)); };
    callbacks.on_refused = [self](const DeskRefusal& why) { tell(self, &SeatWait::refusal, why); };
    callbacks.on_progress = [self](const WakeProgress& now) {
      tell(self, &SeatWait::progress, now);
    };
    return callbacks;
  }
};

ChatExchange::ChatExchange(const ChatParts& parts, const ChatSettings& settings,
                           const StandingRight::Admitted& admitted, ClientStream& client,
                           const Account& account, ChatRequest chat, ChatTurn turn)
    : parts_(parts),
      settings_(settings),
      request_(admitted.request),
      client_(client),
      account_(account),
      chat_(std::move(chat)),
      turn_(std::move(turn)),
      began_(SteadyClock::now()),
      wake_deadline_(began_ + (chat_.stream ? settings.stream_wake_limit : settings.hold_limit)),
      relay_(held_back_bytes),
      right_(parts.rights, client.executor(), admitted, [this] { on_change(); }) {
  client_.on_change([this] { on_change(); });
}

ChatExchange::~ChatExchange() {
  client_.on_change(nullptr);
  if (upstream_) upstream_->close();
  if (events_begun_) parts_.metrics.open_streams.Decrement();
}

void ChatExchange::on_change() {
  if (is_over() && upstream_) upstream_->close();
  if (right_.lost()) seat_.reset();
  if (waiting_ != nullptr) waiting_->notify();
}

asio::awaitable<void> ChatExchange::run() {
  co_await take_turn();
  if (right_.lost()) co_await end_for_lost_right();
}

asio::awaitable<void> ChatExchange::take_turn() {
  seat_ = parts_.desk.seat_at_once(account_);
  bool goes_on = true;
  while (goes_on) {
    if (!seat_) {
      const bool found = co_await find_seat();
      if (!found) co_return;
    }
    const auto outcome = co_await ask_agent();
    if (outcome == Outcome::over) co_return;
    goes_on = co_await go_on_after(outcome);
  }
}

asio::awaitable<bool> ChatExchange::go_on_after(Outcome outcome) {
  if (is_over()) co_return false;
  if (outcome == Outcome::stale) {
    fresh_only_ = true;
    co_return true;
  }
  if (outcome == Outcome::draining) {
    turn_.not_taken();
    seat_.reset();
    co_await pause_while_draining();
    co_return !is_over();
  }
  parts_.desk.report_unreachable(account_.id, *seat_->address);
  seat_.reset();
  if (!woken_again_) {
    woken_again_ = true;
    co_return true;
  }
  co_await fail(agent_error("Your agent's container ended twice before it answered. Try again.",
                            "agent_failed"));
  co_return false;
}

asio::awaitable<void> ChatExchange::pause_while_draining() {
  TimedWakeup wakeup(client_.executor());
  waiting_ = &wakeup;
  const auto until = SteadyClock::now() + std::min(retry_after_, longest_drain_pause);
  co_await wakeup.wait_until(std::min<TimePoint>(until, wake_deadline_));
  waiting_ = nullptr;
}

// Waits for the desk. A stream hears meanwhile how it goes, once it is clear that it takes a while.
asio::awaitable<bool> ChatExchange::find_seat() {
  const auto wait = std::make_shared<SeatWait>(client_.executor());
  auto asked = parts_.desk.wait(account_, SeatWait::callbacks(wait));
  if (const auto* refusal = std::get_if<DeskRefusal>(&asked)) {
    co_await refuse(*refusal);
    co_return false;
  }
  const auto ticket = std::move(std::get<AgentDesk::Ticket>(asked));
  waiting_ = &wait->wakeup;
  const auto quiet_until = SteadyClock::now() + settings_.quiet_wake;
  auto next_comment = client_.begun() ? SteadyClock::now() : quiet_until;
  std::optional<WakeProgress> progress;
  std::optional<DeskRefusal> refusal;
  bool may_wait = true;
  while (may_wait) {
    bool news = false;
    {
      const std::lock_guard lock(wait->mutex);
      if (wait->seat) seat_ = std::exchange(wait->seat, std::nullopt);
      refusal = wait->refusal;
      news = wait->progress.has_value();
      if (news) progress = std::exchange(wait->progress, std::nullopt);
    }
    const auto now = SteadyClock::now();
    const bool hopeless = refusal || client_.stopping() || now >= wake_deadline_;
    if (seat_ || hopeless || is_over()) break;
    if (chat_.stream && (news || now >= next_comment)) {
      may_wait = co_await say_progress(progress);
      next_comment = SteadyClock::now() + settings_.comment_interval;
      continue;
    }
    const auto moment = chat_.stream ? std::min(next_comment, wake_deadline_) : wake_deadline_;
    co_await wait->wakeup.wait_until(moment);
  }
  waiting_ = nullptr;
  if (is_over()) co_return false;
  if (seat_) co_return true;
  if (!refusal) {
    refusal.emplace();
    refusal->type = problem_type::agent_waking;
    refusal->detail = "Your agent is still waking up.";
    refusal->remedy = "Send the message again in a moment; it goes on waking meanwhile.";
    refusal->retry_after = std::chrono::seconds(5);
  }
  co_await refuse(*refusal);
  co_return false;
}

asio::awaitable<bool> ChatExchange::say_progress(const std::optional<WakeProgress>& progress) {
  const bool begun = co_await begin_events();
  if (!begun) co_return false;
  const auto comment = progress ? progress_comment(*progress) : std::string(": mosaic {}\n\n");
  const bool sent = co_await client_.write(comment);
  co_return sent;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::ask_agent() {
  auto& pool = UpstreamPool::of(client_.executor());
  const auto address = seat_->address;
  const auto key = address->endpoint + " " + address->process;
  if (!fresh_only_) upstream_ = pool.take_idle(key);
  const bool kept = upstream_ != nullptr;
  if (!kept) upstream_ = co_await connect();
  if (is_over()) co_return Outcome::over;
  if (!upstream_) co_return Outcome::unreachable;
  turn_.sending();
  const auto head = chat_request_head(chat_, address->endpoint, address->token, request_.id);
  SendParts parts{head, chat_.body, {}};
  auto sent = upstream_->send_now(parts);
  if (sent == Connection::Sent::some) {
    const bool all = co_await upstream_->send(parts, settings_.send_limit);
    if (all) sent = Connection::Sent::all;
  }
  UpstreamAnswer::Patience patience;
  patience.silence = settings_.silence_limit;
  patience.tick = settings_.comment_interval;
  UpstreamAnswer answer(*upstream_, patience, [this] { return on_silence(); });
  auto outcome = Outcome::unreachable;
  if (sent == Connection::Sent::all) outcome = co_await pass_answer(answer);
  if (answer.reusable() && !is_over()) {
    pool.keep(key, upstream_);
  } else {
    upstream_->close();
  }
  upstream_.reset();
  co_return outcome == Outcome::unreachable&& kept ? Outcome::stale : outcome;
}

asio::awaitable<std::shared_ptr<Connection>> ChatExchange::connect() {
  const auto endpoint = parse_endpoint(seat_->address->endpoint);
  if (!endpoint) co_return nullptr;
  // A member at once, so that a client that goes away ends this as well.
  upstream_ = std::make_shared<Connection>(client_.executor());
  const auto connecting = upstream_;
  const bool connected = co_await connecting->connect(*endpoint, settings_.connect_limit);
  if (!connected) {
    connecting->close();
    co_return nullptr;
  }
  co_return connecting;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::pass_answer(UpstreamAnswer& answer) {
  const auto part = co_await answer.read_head();
  if (part == Part::broken) co_return Outcome::unreachable;
  if (part != Part::data) {
    co_await fail_for(part);
    co_return Outcome::over;
  }
  const auto& head = answer.head();
  const auto type = media_type(head);
  const auto coding = head.field("content-encoding");
  const bool plain = coding.empty() || coding == "identity";
  const bool redirects = head.status >= 300 && head.status < 400;
  const bool events = type == "text/event-stream" && chat_.stream && head.status == 200;
  if (!plain || redirects || (!events && type != "application/json")) {
    co_await fail(agent_error("Your agent answered with something that is no chat completion.",
                              "agent_failed"));
    co_return Outcome::over;
  }
  const auto outcome = events ? co_await pass_events(answer) : co_await pass_document(answer);
  co_return outcome;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::pass_events(UpstreamAnswer& answer) {
  bool taken = co_await begin_events();
  auto part = Part::data;
  while (taken && part == Part::data && !is_over()) {
    part = co_await answer.read_piece();
    if (part != Part::data) break;
    const auto complete = relay_.pass(answer.piece());
    if (!complete.empty()) taken = co_await send(complete);
  }
  if (!taken || is_over()) co_return Outcome::over;
  const auto outcome = co_await end_events(part);
  co_return outcome;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::end_events(Part why) {
  if (why == Part::broken && !answer_begun_) co_return Outcome::unreachable;
  if (why != Part::end) {
    co_await fail_for(why);
    co_return Outcome::over;
  }
  const std::string rest(relay_.rest());
  if (!rest.empty()) co_await send(rest);
  const bool ended = co_await client_.end();
  if (ended) turn_.finish(200, "text/event-stream");
  co_return Outcome::over;
}

// Gathered first, so that it can be judged and, while nothing of it was sent, asked for again.
asio::awaitable<ChatExchange::Outcome> ChatExchange::pass_document(UpstreamAnswer& answer) {
  std::string body;
  body.reserve(std::min<std::uint64_t>(answer.head().content_length.value_or(0), gathered_bytes));
  auto part = Part::data;
  while (part == Part::data && body.size() <= gathered_bytes) {
    part = co_await answer.read_piece();
    if (part == Part::data) body += answer.piece();
  }
  if (is_over()) co_return Outcome::over;
  if (part == Part::broken) co_return Outcome::unreachable;
  if (part == Part::data) {
    const auto outcome = co_await pass_large_document(answer, std::move(body));
    co_return outcome;
  }
  if (part != Part::end) {
    co_await fail_for(part);
    co_return Outcome::over;
  }
  const auto outcome = co_await judge_document(answer, std::move(body));
  co_return outcome;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::judge_document(const UpstreamAnswer& answer,
                                                                    std::string body) {
  const auto& head = answer.head();
  const auto retry_after = head.field("retry-after");
  // Our token, not the client's: another process of the agent may know it.
  if (head.status == 401 && body.find("\"unauthorized\"") != std::string::npos)
    co_return Outcome::unreachable;
  if (head.status == 503 && !retry_after.empty()) {
    int seconds = 1;
    std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
    retry_after_ = std::chrono::seconds(std::clamp(seconds, 1, 3'600));
    if (SteadyClock::now() + retry_after_ < wake_deadline_) co_return Outcome::draining;
  }
  Response response(head.status, std::string(head.field("content-type")), std::move(body));
  response.set_field("Cache-Control", "no-store");
  if (!retry_after.empty()) response.set_field("Retry-After", std::string(retry_after));
  if (client_.begun()) {
    co_await fail(std::move(response));
    co_return Outcome::over;
  }
  turn_.collect(response.body);
  parts_.metrics.first_byte_seconds.Observe(in_seconds(SteadyClock::now() - began_));
  parts_.metrics.streamed_bytes.Increment(static_cast<double>(response.body.size()));
  const bool sent = co_await client_.respond(response);
  if (sent) turn_.finish(response.status, *response.find_field("content-type"));
  co_return Outcome::over;
}

asio::awaitable<ChatExchange::Outcome> ChatExchange::pass_large_document(UpstreamAnswer& answer,
                                                                         std::string beginning) {
  if (client_.begun()) {
    co_await fail(
        agent_error("Your agent answered with something that is no stream.", "agent_failed"));
    co_return Outcome::over;
  }
  Response head(answer.head().status, std::string(answer.head().field("content-type")), "");
  head.set_field("Cache-Control", "no-store");
  bool taken = co_await client_.begin(head, answer.head().content_length);
  if (taken) taken = co_await send(beginning);
  auto part = Part::data;
  while (taken && part == Part::data && !is_over()) {
    part = co_await answer.read_piece();
    if (part == Part::data) taken = co_await send(answer.piece());
  }
  // Cut off otherwise: half a document is no document.
  if (taken && part == Part::end && !is_over()) {
    const bool ended = co_await client_.end();
    if (ended) turn_.finish(head.status, *head.find_field("content-type"));
  }
  co_return Outcome::over;
}

asio::awaitable<bool> ChatExchange::begin_events() {
  if (client_.begun()) co_return !client_.gone();
  const auto head = event_stream_head();
  events_begun_ = true;
  parts_.metrics.open_streams.Increment();
  const bool begun = co_await client_.begin(head, std::nullopt);
  co_return begun;
}

// Bytes of the agent's answer.
asio::awaitable<bool> ChatExchange::send(std::string_view bytes) {
  if (!answer_begun_)
    parts_.metrics.first_byte_seconds.Observe(in_seconds(SteadyClock::now() - began_));
  answer_begun_ = true;
  turn_.collect(bytes);
  parts_.metrics.streamed_bytes.Increment(static_cast<double>(bytes.size()));
  const bool sent = co_await client_.write(bytes);
  co_return sent;
}

asio::awaitable<bool> ChatExchange::on_silence() {
  if (is_over()) co_return false;
  if (!chat_.stream || !client_.begun() || !relay_.intact()) co_return true;
  const bool sent = co_await client_.write(": mosaic {\"phase\":\"running\"}\n\n");
  co_return sent;
}

asio::awaitable<void> ChatExchange::fail_for(Part why) {
  OpenAiError error = agent_error("Your agent's answer broke off.", "agent_failed");
  if (why == Part::silent)
    error = agent_error("Your agent said nothing for too long.", "agent_silent");
  if (why == Part::malformed)
    error = agent_error("Your agent answered with something that is no HTTP.", "agent_failed");
  if (why == Part::broken)
    error = agent_error("Your agent's container ended while it was answering.", "agent_gone");
  co_await fail(std::move(error));
}

asio::awaitable<void> ChatExchange::fail(OpenAiError error) {
  auto response = openai_error(error);
  co_await fail(std::move(response));
}

// In a stream that was begun, an error is an event and the end; where that would stand in the middle of another event,
// the connection is cut instead.
asio::awaitable<void> ChatExchange::fail(Response error) {
  if (client_.gone()) co_return;
  if (!client_.begun()) {
    co_await client_.respond(error);
    co_return;
  }
  if (!relay_.intact()) co_return;
  const auto parsed = nlohmann::ordered_json::parse(error.body, nullptr, false);
  auto line = openai_error_text(agent_error("Your agent could not answer.", "agent_failed"));
  if (parsed.is_object() && parsed.contains("error"))
    line = parsed.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const auto text = "data: " + line + "\n\ndata: [DONE]\n\n";
  co_await client_.write(text);
  co_await client_.end();
}

asio::awaitable<void> ChatExchange::refuse(const DeskRefusal& refusal) {
  auto response =
      as_openai_error(problem(refusal.status, refusal.type, refusal.detail, refusal.remedy));
  if (refusal.retry_after)
    response.set_field("Retry-After", std::to_string(refusal.retry_after->count()));
  co_await fail(std::move(response));
}

asio::awaitable<void> ChatExchange::end_for_lost_right() {
  seat_.reset();
  if (client_.begun() && !events_begun_) co_return;  // half a document: it is cut off
  auto response = as_openai_error(*right_.refusal());
  co_await fail(std::move(response));
}

}  // namespace mosaic
