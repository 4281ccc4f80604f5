#include "api/session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <ctime>
#include <utility>
#include <variant>

#include "secrets/token.hpp"
#include "store/store.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// More than one body buffer's worth of pipelined input is not read ahead; it also bounds a chunk's header line.
constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t linger_bytes = 256 * 1024;
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::size_t max_id_bytes = 64;

bool is_plain_id(std::string_view id) {
  return !id.empty() && id.size() <= max_id_bytes && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return text;
}

// Nothing that a handler puts into a field may begin a field of its own.
std::string on_one_line(std::string value) {
  std::replace_if(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return value;
}

std::string serialised(const Response& response, const std::string& id, bool with_body, bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason_phrase(response.status)) + "\r\n";
  const auto add = [&](std::string_view name, const std::string& value) {
    text.append(name).append(": ").append(on_one_line(value)).append("\r\n");
  };
  for (const auto& field : response.fields) add(field.name, field.value);
  add("Date", http_date());
  add("X-Content-Type-Options", "nosniff");
  if (!id.empty()) add("X-Request-Id", id);
  if (!keep_alive) add("Connection", "close");
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) add("Content-Length", std::to_string(response.body.size()));
  text += "\r\n";
  if (with_body && !bodiless) text += response.body;
  return text;
}

Request make_request(RequestHead& head, const std::string& peer_address) {
  Request request;
  request.method = std::move(head.method);
  const auto question = head.target.find('?');
  request.path = head.target.substr(0, question);
  if (question != std::string::npos) request.query = head.target.substr(question + 1);
  request.fields = std::move(head.fields);
  request.peer_address = peer_address;
  const auto given = request.field("x-request-id");
  request.id = given && is_plain_id(*given) ? std::string(*given) : random_id();
  return request;
}

Rejection rejection_of(Session::ReadOutcome outcome) {
  Rejection rejection;
  if (outcome == Session::ReadOutcome::timed_out) {
    rejection.status = 408;
    rejection.detail = "The body did not arrive in time.";
  } else if (outcome == Session::ReadOutcome::too_large) {
    rejection.status = 413;
    rejection.detail = "The body is too large.";
  } else {
    rejection.detail = "The body is malformed.";
  }
  return rejection;
}

// A response on its way from a worker to the session, which waits on the timer. Both ends touch it on the strand only.
struct PendingResponse {
  explicit PendingResponse(const asio::any_io_executor& executor) : timer(executor, SteadyClock::time_point::max()) {}

  asio::steady_timer timer;
  Response response;
  bool done = false;
};

}  // namespace

Response call_handler(const Route& route, const Request& request, const Logger& log) {
  const auto here = log.with_correlation(request.id);
  try {
    return route.handler(request);
  } catch (const StoreError& error) {
    here.warning("the database did not answer a request", {{Field::path, request.path}, {Field::error, error.what()}});
    auto response = problem_response(503, "The database does not answer at the moment; try again shortly.");
    response.set_field("Retry-After", "2");
    return response;
  } catch (const std::exception& error) {
    here.error("a handler failed", {{Field::path, request.path}, {Field::error, error.what()}});
    return problem_response(500, "This request failed for a reason of our own; the log has it under the request's id.");
  }
}

Session::Session(SessionContext context, asio::ip::tcp::socket socket, std::shared_ptr<const Router> router,
                 std::string peer_address, ConnectionLimit::Lease lease)
    : context_(context), socket_(std::move(socket)), deadline_(socket_.get_executor()), router_(std::move(router)), peer_address_(std::move(peer_address)),
      lease_(std::move(lease)), buffer_(read_buffer_bytes) {}

void Session::close() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    error_code ignored;  // closed is closed
    self->socket_.close(ignored);
  });
}

void Session::close_if_idle() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    error_code ignored;  // closed is closed
    if (self->idle_) self->socket_.close(ignored);
  });
}

// Beast's own stream closes the socket when its time is over, and then nothing can be said to the client any more.
void Session::set_deadline(std::chrono::milliseconds from_now) {
  lift_deadline();
  deadline_.expires_after(from_now);
  deadline_.async_wait([weak = weak_from_this(), number = deadline_number_](const error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || self->deadline_number_ != number) return;
    self->timed_out_ = true;
    error_code ignored;  // nothing to cancel is as well
    self->socket_.cancel(ignored);
  });
}

void Session::lift_deadline() {
  ++deadline_number_;
  timed_out_ = false;
  deadline_.cancel();
}

asio::awaitable<void> Session::run() {
  // The first request must begin as quickly as a request must go on; the ones after it may take their time.
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
asio::awaitable<bool> Session::serve_one() {
  std::string head_bytes;
  const auto head_outcome = co_await read_head(head_bytes);
  if (head_outcome == ReadOutcome::ended) co_return false;
  const auto since = SteadyClock::now();
  if (head_outcome != ReadOutcome::complete) {
    const bool slow = head_outcome == ReadOutcome::timed_out;
    co_await refuse(slow ? 408 : 431, slow ? "The header did not arrive in time." : "The header is too large.");
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
  co_return written && keep_alive && !context_.stopping;
}

// Up to and including the empty line; what follows stays in the buffer. Deadline: whatever run() set until the first
// byte, then one for the whole header, however slowly it drips.
asio::awaitable<Session::ReadOutcome> Session::read_head(std::string& head) {
  const auto& limits = context_.limits;
  bool begun = false;
  std::size_t searched = 0;
  while (true) {
    const auto data = buffer_.cdata();
    const std::string_view bytes(static_cast<const char*>(data.data()), data.size());
    if (!begun && !bytes.empty()) {
      begun = true;
      idle_ = false;
      set_deadline(limits.head_timeout);
    }
    const auto end = bytes.find("\r\n\r\n", searched);
    if (end != std::string_view::npos && end + 4 <= limits.head.bytes) {
      head.assign(bytes.substr(0, end + 4));
      co_return ReadOutcome::complete;
    }
    if (end != std::string_view::npos || bytes.size() > limits.head.bytes) co_return ReadOutcome::too_large;
    searched = bytes.size() < 3 ? 0 : bytes.size() - 3;
    error_code error;
    const auto room = buffer_.prepare(std::min<std::size_t>(limits.head.bytes + 1 - bytes.size(), 4096));
    const std::size_t received = co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(received);
    if (timed_out_) co_return begun ? ReadOutcome::timed_out : ReadOutcome::ended;
    if (error) co_return ReadOutcome::ended;
  }
}

asio::awaitable<Session::ReadOutcome> Session::read_body(const RequestHead& head, const std::string& head_bytes,
                                                         Request& request) {
  const auto& limits = context_.limits;
  if (head.content_length > limits.body_bytes) co_return ReadOutcome::too_large;
  if (head.expects_continue && (head.chunked || head.content_length > 0)) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await write_text(std::move(go_on))) co_return ReadOutcome::ended;
  }
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.head.bytes));
  parser.body_limit(limits.body_bytes);
  parser.eager(true);
  auto check_extension = [&limits](std::uint64_t, beast::string_view extension, error_code& error) {
    if (extension.size() > limits.chunk_extension_bytes) error = http::error::bad_chunk_extension;
  };
  parser.on_chunk_header(check_extension);
  error_code error;
  // The guard has seen the header; Beast reads it again only to know how the body is framed.
  parser.put(asio::const_buffer(head_bytes.data(), head_bytes.size()), error);
  if (error && error != http::error::need_more) co_return ReadOutcome::malformed;
  buffer_.consume(head_bytes.size());
  const auto began = SteadyClock::now();
  std::size_t received = 0;
  while (!parser.is_done()) {
    set_deadline(limits.read_timeout);
    received += co_await http::async_read_some(socket_, buffer_, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::body_limit) co_return ReadOutcome::too_large;
    if (timed_out_) co_return ReadOutcome::timed_out;
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted ||
        error == asio::error::connection_reset || error == http::error::partial_message) {
      co_return ReadOutcome::ended;
    }
    if (error) co_return ReadOutcome::malformed;
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
    const auto due = limits.body_bytes_per_second * static_cast<std::size_t>(elapsed.count()) / 1000;
    if (elapsed > limits.body_grace && received < due) co_return ReadOutcome::timed_out;
  }
  request.body = std::move(parser.get().body());
  co_return ReadOutcome::complete;
}

asio::awaitable<Response> Session::answer(std::shared_ptr<Request> request) {
  lift_deadline();  // what takes its time from here on is ours
  auto found = router_->find(*request);
  if (auto* response = std::get_if<Response>(&found)) co_return std::move(*response);
  const auto* route = std::get<const Route*>(found);
  if (route->runs_on == RunsOn::io_thread) co_return call_handler(*route, *request, context_.log);
  auto response = co_await answer_on_worker(route, std::move(request));
  co_return response;
}

asio::awaitable<Response> Session::answer_on_worker(const Route* route, std::shared_ptr<Request> request) {
  const auto pending = std::make_shared<PendingResponse>(socket_.get_executor());
  // The router is held as well, so that the route outlives a session that is cut off while its handler runs.
  auto task = [pending, route, request, router = router_, &log = context_.log] {
    auto response = call_handler(*route, *request, log);
    asio::post(pending->timer.get_executor(), [pending, response = std::move(response)]() mutable {
      pending->response = std::move(response);
      pending->done = true;
      pending->timer.cancel();
    });
  };
  if (!context_.workers.try_submit(std::move(task))) {
    auto response = problem_response(503, "Too many requests are waiting; try again shortly.");
    response.set_field("Retry-After", "1");
    co_return response;
  }
  while (!pending->done) {
    error_code woken;  // cancelled: that is how the worker says it is done
    co_await pending->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  co_return std::move(pending->response);
}

asio::awaitable<bool> Session::write(const Response& response, const std::string& id, bool with_body, bool keep_alive) {
  auto text = serialised(response, id, with_body, keep_alive);
  const bool written = co_await write_text(std::move(text));
  co_return written;
}

asio::awaitable<bool> Session::write_text(std::string text) {
  set_deadline(context_.limits.write_timeout);
  const auto bytes = asio::buffer(text);
  error_code error;
  co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

// For requests that cannot be read to their end: nobody knows where the next one would begin.
asio::awaitable<void> Session::refuse(int status, std::string_view detail) {
  const auto log = context_.log.with_component("api");
  log.debug("refused a request", {{Field::status, status}, {Field::remote, peer_address_}});
  const auto response = problem_response(status, detail);
  const std::string no_id;
  const bool written = co_await write(response, no_id, true, false);
  if (written) co_await linger();
}

// Closing with unread input makes the kernel reset the connection and the client lose the response, so a little of the
// rest is read and thrown away.
asio::awaitable<void> Session::linger() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  set_deadline(linger_time);
  std::size_t thrown_away = 0;
  while (!error && thrown_away < linger_bytes) {
    buffer_.clear();
    const auto room = buffer_.prepare(16 * 1024);
    thrown_away += co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  }
}

void Session::log_request(const Request& request, const Response& response, SteadyClock::time_point since) const {
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
