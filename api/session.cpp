#include "api/session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <variant>

#include "api/exchange.hpp"
#include "api/problem.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// No more pipelined input than this is read ahead; it also bounds the header line of a chunk.
constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t linger_bytes = 256 * 1024;
constexpr std::chrono::milliseconds linger_time{1'000};

Rejection rejection_of(HttpSession::ReadOutcome outcome) {
  Rejection rejection;
  if (outcome == HttpSession::ReadOutcome::timed_out) {
    rejection.status = 408;
    rejection.detail = "The body did not arrive in time.";
  } else if (outcome == HttpSession::ReadOutcome::too_large) {
    rejection.status = 413;
    rejection.detail = "The body is too large.";
  } else {
    rejection.detail = "The body is malformed.";
  }
  return rejection;
}

// A response on its way from a worker to the session, which waits on the timer. Both ends touch it
// on the strand only.
struct PendingResponse {
  explicit PendingResponse(const asio::any_io_executor& executor)
      : timer(executor, SteadyClock::time_point::max()) {}

  asio::steady_timer timer;
  Response response;
  bool done = false;
};

}  // namespace

HttpSession::HttpSession(SessionContext context, asio::ip::tcp::socket socket,
                         std::shared_ptr<const Router> router, std::string peer_address,
                         ConnectionLimit::Lease lease)
    : context_(context),
      socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      router_(std::move(router)),
      peer_address_(std::move(peer_address)),
      lease_(std::move(lease)),
      buffer_(read_buffer_bytes) {}

void HttpSession::close() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    error_code ignored;  // closed is closed
    self->socket_.close(ignored);
  });
}

void HttpSession::close_if_idle() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    error_code ignored;  // closed is closed
    if (self->idle_) self->socket_.close(ignored);
  });
}

// Beast's own stream closes the socket when its time is over, and then nothing can be said to the
// client any more.
void HttpSession::set_deadline(std::chrono::milliseconds from_now) {
  lift_deadline();
  deadline_.expires_after(from_now);
  deadline_.async_wait(
      [weak = weak_from_this(), number = deadline_number_](const error_code& cancelled) {
        const auto self = weak.lock();
        if (cancelled || !self || self->deadline_number_ != number) return;
        self->timed_out_ = true;
        error_code ignored;  // nothing to cancel is as well
        self->socket_.cancel(ignored);
      });
}

void HttpSession::lift_deadline() {
  ++deadline_number_;
  timed_out_ = false;
  deadline_.cancel();
}

asio::awaitable<void> HttpSession::run() {
  // The first request must begin as quickly as a request must go on; the ones after it may take
  // their time.
  set_deadline(context_.limits.head_timeout);
  while (co_await serve_one()) {
    set_deadline(context_.limits.idle_timeout);
  }
  lift_deadline();
  error_code ignored;  // the peer may be gone already
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

// False when the connection is over.
asio::awaitable<bool> HttpSession::serve_one() {
  std::string head_bytes;
  const auto head_outcome = co_await read_head(head_bytes);
  if (head_outcome == ReadOutcome::ended) co_return false;
  const auto since = SteadyClock::now();
  if (head_outcome != ReadOutcome::complete) {
    const bool slow = head_outcome == ReadOutcome::timed_out;
    co_await refuse(slow ? 408 : 431,
                    slow ? "The header did not arrive in time." : "The header is too large.");
    co_return false;
  }
  auto checked = check_request_head(head_bytes, context_.limits.head);
  if (const auto* rejection = std::get_if<Rejection>(&checked)) {
    co_await refuse(rejection->status, rejection->detail);
    co_return false;
  }
  auto& head = std::get<RequestHead>(checked);
  const auto request = std::make_shared<Request>(make_request(head, peer_address_));
  const auto body_outcome = co_await read_body(head, head_bytes, *request);
  if (body_outcome == ReadOutcome::ended) co_return false;
  if (body_outcome != ReadOutcome::complete) {
    const auto rejection = rejection_of(body_outcome);
    co_await refuse(rejection.status, rejection.detail);
    co_return false;
  }
  const auto response = co_await answer(request);
  log_request(*request, response, since);
  const bool keep_alive = head.keep_alive && !context_.stopping;
  const bool written = co_await write(response, request->id, request->method != "HEAD", keep_alive);
  idle_ = true;
  co_return written&& keep_alive && !context_.stopping;
}

asio::awaitable<Response> HttpSession::answer(std::shared_ptr<Request> request) {
  lift_deadline();  // what takes its time from here on is ours
  auto found = router_->find(*request);
  if (auto* response = std::get_if<Response>(&found)) co_return std::move(*response);
  const auto* route = std::get<const Route*>(found);
  if (route->runs_on == RunsOn::io_thread) co_return call_handler(*route, *request, context_.log);
  auto response = co_await answer_on_worker(route, std::move(request));
  co_return response;
}

asio::awaitable<Response> HttpSession::answer_on_worker(const Route* route,
                                                        std::shared_ptr<Request> request) {
  const auto pending = std::make_shared<PendingResponse>(socket_.get_executor());
  // The router is held as well, so that the route outlives a session that is cut off while its
  // handler runs.
  auto task = [pending, route, request, router = router_, &log = context_.log] {
    auto response = call_handler(*route, *request, log);
    asio::post(pending->timer.get_executor(), [pending, response = std::move(response)]() mutable {
      pending->response = std::move(response);
      pending->done = true;
      pending->timer.cancel();
    });
  };
  if (!context_.workers.try_submit(std::move(task))) {
    auto response = unreadable_request(503, "Too many requests are waiting.");
    response.set_field("Retry-After", "1");
    co_return response;
  }
  while (!pending->done) {
    error_code woken;  // cancelled: that is how the worker says it is done
    co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_return std::move(pending->response);
}

asio::awaitable<bool> HttpSession::write(const Response& response, const std::string& id,
                                         bool with_body, bool keep_alive) {
  auto text = response_text(response, id, with_body, keep_alive);
  const bool written = co_await write_text(std::move(text));
  co_return written;
}

asio::awaitable<bool> HttpSession::write_text(std::string text) {
  set_deadline(context_.limits.write_timeout);
  const auto bytes = asio::buffer(text);
  error_code error;
  co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

// For requests that cannot be read to their end: nobody knows where the next one would begin.
asio::awaitable<void> HttpSession::refuse(int status, std::string_view detail) {
  const auto log = context_.log.with_component("api");
  log.debug("refused a request", {{Field::status, status}, {Field::remote, peer_address_}});
  const auto response = unreadable_request(status, detail);
  const std::string no_id;
  const bool written = co_await write(response, no_id, true, false);
  if (written) co_await linger();
}

// Closing with unread input makes the kernel reset the connection and the client lose the response,
// so a little of the rest is read and thrown away.
asio::awaitable<void> HttpSession::linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  set_deadline(linger_time);
  std::size_t thrown_away = 0;
  while (!error && thrown_away < linger_bytes) {
    buffer_.clear();
    const auto room = buffer_.prepare(16 * 1024);
    thrown_away +=
        co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  }
}

void HttpSession::log_request(const Request& request, const Response& response,
                              SteadyClock::time_point since) const {
  const auto log = context_.log.with_component("api").with_correlation(request.id);
  const Logger::Fields fields = {{Field::method, request.method},
                                 {Field::path, request.path},
                                 {Field::status, response.status},
                                 {Field::duration_ms, SteadyClock::now() - since},
                                 {Field::remote, peer_address_}};
  if (response.routine && response.status < 400) {
    log.debug("request", fields);
  } else {
    log.info("request", fields);
  }
}

}  // namespace mosaic
