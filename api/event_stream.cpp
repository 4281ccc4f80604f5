#include "api/event_stream.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/client_stream.hpp"
#include "api/exchange.hpp"
#include "api/standing_right.hpp"
#include "api/timed_wakeup.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return line;
}

std::string as_event(std::string_view event, std::string_view id, std::string_view data) {
  std::string text;
  text.reserve(data.size() + event.size() + id.size() + 32);
  if (!event.empty()) text.append("event: ").append(one_line(event)).append("\n");
  if (!id.empty()) text.append("id: ").append(one_line(id)).append("\n");
  while (true) {
    const auto end = data.find('\n');
    text.append("data: ").append(one_line(data.substr(0, end))).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  return text + "\n";
}

// Outlives the stream where somebody still holds it: then it only answers that nobody listens.
class BufferedChannel final : public EventChannel,
                              public std::enable_shared_from_this<BufferedChannel> {
 public:
  // `wakeup` and the executor's loop live until detach().
  BufferedChannel(asio::any_io_executor executor, std::size_t limit, TimedWakeup& wakeup)
      : limit_(limit), executor_(std::move(executor)), wakeup_(&wakeup) {}

  bool send(std::string_view event, std::string_view id, std::string_view data) override {
    const auto text = as_event(event, id, data);
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    const bool reader_knows = !buffer_.empty();
    if (buffer_.size() + text.size() > limit_) closed_ = true;
    if (!closed_) buffer_ += text;
    if (executor_ && (closed_ || !reader_knows))
      asio::post(executor_, [self = shared_from_this()] { self->wake(); });
    return !closed_;
  }

  bool closed() const override {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

  std::string take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(buffer_, std::string());
  }

  // Both on the I/O thread.
  void wake() {
    if (wakeup_ != nullptr) wakeup_->notify();
  }
  void detach() {
    wakeup_ = nullptr;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    executor_ = asio::any_io_executor();
  }

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  asio::any_io_executor executor_;  // none: detached
  std::string buffer_;
  bool closed_ = false;
  TimedWakeup* wakeup_;  // of the I/O thread
};

// However the stream ends, also with its loop: its end of the channel goes with it.
class Attachment {
 public:
  Attachment(BufferedChannel& channel, ClientStream& client) : channel_(channel), client_(client) {
    client_.on_change([&channel] { channel.wake(); });
  }
  ~Attachment() {
    client_.on_change(nullptr);
    channel_.detach();
  }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  BufferedChannel& channel_;
  ClientStream& client_;
};

class EventStreamRoute final : public StreamHandler {
 public:
  EventStreamRoute(StandingRights& rights, AccessRule rule, OpenEvents open,
                   EventStreamLimits limits)
      : rights_(rights), rule_(rule), open_(std::move(open)), limits_(limits) {}

  asio::awaitable<void> serve(Request& request, ClientStream& client) override {
    TimedWakeup wakeup(client.executor());
    const auto channel =
        std::make_shared<BufferedChannel>(client.executor(), limits_.buffer_bytes, wakeup);
    const Attachment attachment(*channel, client);
    const auto ticket = rights_.ticket();
    Opened opened;
    auto begin = [&] { admit_and_open(request, channel, opened, client.log()); };
    if (!co_await client.on_worker(begin)) opened.refusal = busy_response();
    if (opened.refusal) {
      co_await client.respond(*opened.refusal);
      co_return;
    }
    const StandingRight::Admitted admitted{request, rule_, opened.account_id, ticket};
    const StandingRight right(rights_, client.executor(), admitted, [&] { wakeup.notify(); });
    co_await relay(client, right, *channel, wakeup);
  }

 private:
  struct Opened {
    std::optional<Response> refusal;
    std::string account_id;
    std::shared_ptr<void> source;
  };

  void admit_and_open(const Request& request, const std::shared_ptr<BufferedChannel>& channel,
                      Opened& opened, const Logger& log) {
    const auto failure = failure_of(
        [&] {
          auto admitted = rights_.gatekeeper().admit(request, rule_);
          if (auto* refused = std::get_if<Response>(&admitted)) {
            opened.refusal = std::move(*refused);
            return;
          }
          const auto& caller = std::get<Caller>(admitted);
          opened.account_id = caller.account.id;
          opened.source = open_(request, caller, channel);
        },
        request, log);
    if (failure) opened.refusal = failure;
  }

  asio::awaitable<void> relay(ClientStream& client, const StandingRight& right,
                              BufferedChannel& channel, TimedWakeup& wakeup) {
    Response head(200, "text/event-stream", "");
    head.set_field("Cache-Control", "no-cache, no-transform");
    head.set_field("X-Accel-Buffering", "no");
    if (!co_await client.begin(head, std::nullopt)) co_return;
    if (!co_await client.write(": open\n\n")) co_return;
    auto next_comment = SteadyClock::now() + limits_.comment_interval;
    std::string text;  // taken, and held back while the right is in doubt
    while (!client.gone() && !client.stopping() && !right.lost()) {
      if (text.empty()) text = channel.take();
      const bool passed = !text.empty() && !right.in_doubt();
      if (passed && !co_await client.write(text)) co_return;
      if (passed) text.clear();
      if (channel.closed()) break;
      const auto now = SteadyClock::now();
      if (passed) next_comment = now + limits_.comment_interval;
      if (now >= next_comment) {
        if (!co_await client.write(": still here\n\n")) co_return;
        next_comment = now + limits_.comment_interval;
      }
      if (!passed) co_await wakeup.wait_until(next_comment);
    }
    co_await client.end();
  }

  StandingRights& rights_;
  const AccessRule rule_;
  const OpenEvents open_;
  const EventStreamLimits limits_;
};

}  // namespace

void add_event_stream(Router& router, std::string_view pattern, StandingRights& rights,
                      AccessRule rule, OpenEvents open, EventStreamLimits limits) {
  router.add_stream("GET", pattern,
                    std::make_shared<EventStreamRoute>(rights, rule, std::move(open), limits));
}

}  // namespace mosaic
