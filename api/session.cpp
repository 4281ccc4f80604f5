#include "api/session.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <variant>

#include "api/exchange.hpp"
#include "api/problem.hpp"
#include "api/request_body.hpp"
#include "api/session_stream.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

Rejection head_rejection(ReadOutcome outcome) {
  Rejection rejection;
  const bool slow = outcome == ReadOutcome::timed_out;
  rejection.status = slow ? 408 : 431;
  rejection.detail = slow ? "The header did not arrive in time." : "The header is too large.";
  return rejection;
}

// Of one client's requests through a proxy. Their own connections are turned away before they say anything.
Rejection one_too_many() {
  Rejection rejection;
  rejection.status = 503;
  rejection.detail = "Too many requests from this address are being answered.";
  return rejection;
}

StreamHandler* stream_of(const std::variant<const Route*, Response>& found) {
  const auto* const route = std::get_if<const Route*>(&found);
  return route == nullptr ? nullptr : (*route)->stream.get();
}

// What stands where the path should, of a request that may be malformed or only half there.
std::string path_in(std::string_view input) {
  const auto space = input.find_first_of(" \r\n");
  if (space == std::string_view::npos || input[space] != ' ') return {};
  const auto rest = input.substr(space + 1);
  return std::string(rest.substr(0, rest.find_first_of(" ?\r\n")));
}

}  // namespace

asio::awaitable<bool> run_on_worker(WorkerPool& workers, std::function<void()> task) {
  const auto executor = co_await asio::this_coro::executor;
  const auto done = std::make_shared<Wakeup>();
  bool ran = false;
  // Tells when the task is destroyed, so that one which a stopping pool drops keeps nobody waiting.
  const auto tell = [executor, done](void*) { asio::post(executor, [done] { done->notify(); }); };
  std::shared_ptr<void> finished(&ran, tell);
  auto run_task = [&ran, task = std::move(task), finished = std::move(finished)] {
    task();
    ran = true;
  };
  if (!workers.try_submit(std::move(run_task))) co_return false;
  co_await done->wait();
  co_return ran;
}

HttpSession::HttpSession(SessionContext context, asio::ip::tcp::socket socket,
                         std::shared_ptr<const Router> router, SessionPeer peer,
                         ConnectionLimit::Lease lease)
    : HttpSession(context, std::make_shared<Connection>(std::move(socket)), std::move(router),
                  std::move(peer), std::move(lease)) {}

HttpSession::HttpSession(SessionContext context, std::shared_ptr<Connection> connection,
                         std::shared_ptr<const Router> router, SessionPeer peer,
                         ConnectionLimit::Lease lease)
    : context_(context),
      connection_(std::move(connection)),
      router_(std::move(router)),
      peer_(std::move(peer)),
      lease_(std::move(lease)) {}

void HttpSession::close() {
  asio::post(executor(), [self = shared_from_this()] { self->connection_->close(); });
}

void HttpSession::wind_down() {
  asio::post(executor(), [self = shared_from_this()] {
    if (self->idle_) self->connection_->close();
    if (self->tell_stream_) self->tell_stream_();
  });
}

asio::awaitable<void> HttpSession::run() {
  // The first request must begin as quickly as a request must go on; the ones after it may take
  // their time.
  connection_->set_deadline(context_.limits.head_timeout);
  bool goes_on = true;
  while (goes_on) {
    goes_on = co_await serve_one();
    if (goes_on) connection_->set_deadline(context_.limits.idle_timeout);
  }
  connection_->close();
}

// False when the connection is over.
asio::awaitable<bool> HttpSession::serve_one() {
  std::size_t head_bytes = 0;
  const auto head_outcome = co_await receive_head(*connection_, context_.limits, head_bytes, idle_);
  if (head_outcome == ReadOutcome::ended) co_return false;
  wants_body_ = !connection_->input().starts_with("HEAD ");
  const auto since = SteadyClock::now();
  if (head_outcome != ReadOutcome::complete) {
    const auto path = path_in(connection_->input());
    const auto rejection = head_rejection(head_outcome);
    co_await refuse(path, rejection);
    co_return false;
  }
  auto checked =
      check_request_head(connection_->input().substr(0, head_bytes), context_.limits.head);
  if (const auto* rejection = std::get_if<Rejection>(&checked)) {
    const auto path = path_in(connection_->input());
    co_await refuse(path, *rejection);
    co_return false;
  }
  connection_->consume(head_bytes);
  auto& head = std::get<RequestHead>(checked);
  auto request = make_request(head, peer_.address);
  std::optional<ConnectionLimit::Lease> of_client;
  if (peer_.proxies != nullptr) {
    peer_.proxies->look_behind(request);
    auto lease = context_.connections.try_acquire_for_request(request.peer_address);
    if (!lease) {
      const auto rejection = one_too_many();
      co_await refuse(request.path, rejection);
      co_return false;
    }
    of_client.emplace(std::move(*lease));
  }
  const bool goes_on = co_await serve(head, request, since);
  co_return goes_on;
}

asio::awaitable<bool> HttpSession::serve(const RequestHead& head, Request& request,
                                         SteadyClock::time_point since) {
  auto found = router_->find(request);
  auto* const streams = stream_of(found);
  const auto own_bytes = streams == nullptr ? std::nullopt : streams->takes_body();
  RequestBody body(context_.limits, *connection_, head,
                   own_bytes.value_or(context_.limits.body_bytes));
  auto body_outcome = ReadOutcome::complete;
  if (!own_bytes && !take_body_at_once(head, request))
    body_outcome = co_await read_whole(body, request.body);
  if (body_outcome == ReadOutcome::ended) co_return false;
  if (body_outcome != ReadOutcome::complete) {
    const auto rejection = rejection_of(body_outcome);
    co_await refuse(request.path, rejection);
    co_return false;
  }
  connection_->lift_deadline();  // what takes its time from here on is ours
  if (streams != nullptr) {
    const bool goes_on = co_await stream(*streams, request, head, own_bytes ? &body : nullptr);
    idle_ = true;
    co_return goes_on;
  }
  Response response;
  if (auto* turned_away = std::get_if<Response>(&found)) {
    response = std::move(*turned_away);
  } else {
    response = co_await answer(*std::get<const Route*>(found), request);
  }
  response = router_->in_its_form(request.path, std::move(response));
  log_request(request, response.status, response.routine, since);
  const bool keep_alive = head.keep_alive && !context_.stopping;
  const bool written = co_await write(response, request.id, request.method != "HEAD", keep_alive);
  idle_ = true;
  co_return written&& keep_alive && !context_.stopping;
}

asio::awaitable<Response> HttpSession::answer(const Route& route, Request& request) {
  if (route.runs_on == RunsOn::io_thread) co_return call_handler(route, request, context_.log);
  // The session holds the router and is held until its handler has run.
  Response response;
  auto task = [&] { response = call_handler(route, request, context_.log); };
  if (!co_await run_on_worker(context_.workers, task)) response = busy_response();
  co_return response;
}

asio::awaitable<bool> HttpSession::stream(StreamHandler& handler, Request& request,
                                          const RequestHead& head, RequestBody* body) {
  const auto since = SteadyClock::now();
  SessionStream::Terms terms;
  terms.request_id = request.id;
  terms.chunks_understood = head.version_1_1;
  terms.keep_alive = head.keep_alive;
  terms.body = body;
  SessionStream client(context_, *connection_, terms);
  tell_stream_ = [&client] { client.tell_change(); };
  connection_->watch(tell_stream_);
  bool failed = false;
  try {
    co_await handler.serve(request, client);
  } catch (const std::exception& error) {
    client.log().error("a stream failed",
                       {{Field::path, request.path}, {Field::error, error.what()}});
    failed = true;
  }
  client.on_change(nullptr);
  if (failed && !client.begun()) {
    const auto response = router_->in_its_form(request.path, failure_response());
    co_await client.respond(response);
  }
  connection_->unwatch();
  tell_stream_ = nullptr;
  log_request(request, client.status(), false, since);
  const bool body_left = body != nullptr && !body->over();
  if (body_left && client.ended()) co_await linger(*connection_);
  co_return !body_left && client.reusable() && !context_.stopping;
}

asio::awaitable<bool> HttpSession::write(const Response& response, const std::string& id,
                                         bool with_body, bool keep_alive) {
  const auto head =
      response_head(response, id, ResponseFraming::whole, response.body.size(), keep_alive);
  const bool bodiless = !with_body || response.status == 204 || response.status == 304;
  SendParts parts{head, bodiless ? std::string_view() : std::string_view(response.body), {}};
  const bool written = co_await connection_->send(parts, context_.limits.write_timeout);
  co_return written;
}

// For requests that cannot be read to their end: nobody knows where the next one would begin.
asio::awaitable<void> HttpSession::refuse(const std::string& path, const Rejection& rejection) {
  const auto log = context_.log.with_component("api");
  log.debug("refused a request",
            {{Field::status, rejection.status}, {Field::remote, peer_.address}});
  const auto response =
      router_->in_its_form(path, unreadable_request(rejection.status, rejection.detail));
  const std::string no_id;
  const bool written = co_await write(response, no_id, wants_body_, false);
  if (written) co_await linger(*connection_);
}

void HttpSession::log_request(const Request& request, int status, bool routine,
                              SteadyClock::time_point since) const {
  const auto level = routine && status < 400 ? LogLevel::debug : LogLevel::info;
  if (!context_.log.enabled(level)) return;
  const auto log = context_.log.with_component("api").with_correlation(request.id);
  const Logger::Fields fields = {{Field::method, request.method},
                                 {Field::path, request.path},
                                 {Field::status, status},
                                 {Field::duration_ms, SteadyClock::now() - since},
                                 {Field::remote, request.peer_address}};
  if (level == LogLevel::debug) {
    log.debug("request", fields);
  } else {
    log.info("request", fields);
  }
}

}  // namespace mosaic
