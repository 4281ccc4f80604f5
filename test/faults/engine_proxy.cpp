#include "test/faults/engine_proxy.hpp"

#include <cstdio>
#include <utility>

#include "http/http_error.hpp"

namespace mosaic::faults {
namespace {

constexpr std::chrono::minutes longest_call{5};
constexpr std::chrono::milliseconds look_around{200};

HttpEndpoint endpoint_of(const std::string& engine) {
  HttpEndpoint endpoint;
  endpoint.socket_path = engine.substr(std::string("unix://").size());
  return endpoint;
}

HttpRequest parse(const std::string& text) {
  HttpRequest request;
  const auto method_end = text.find(' ');
  const auto target_end = text.find(' ', method_end + 1);
  request.method = text.substr(0, method_end);
  request.target = text.substr(method_end + 1, target_end - method_end - 1);
  request.body = text.substr(text.find("\r\n\r\n") + 4);
  request.repeatable = request.method == "GET" || request.method == "HEAD";
  return request;
}

std::string without_version(const std::string& target) {
  if (!target.starts_with("/v1.")) return target;
  return target.substr(target.find('/', 1));
}

std::string head(int status, const std::string& fields) {
  return "HTTP/1.1 " + std::to_string(status) + " As The Engine Said\r\n" + fields + "\r\n";
}

bool is_about_the_message(const std::string& name) {
  static const std::set<std::string> names{"content-length", "transfer-encoding", "connection"};
  std::string lower = name;
  for (auto& letter : lower) letter = static_cast<char>(std::tolower(letter));
  return names.contains(lower);
}

std::string message(const HttpAnswer& answer, const std::string& body) {
  std::string fields;
  for (const auto& [name, value] : answer.fields) {
    if (!is_about_the_message(name)) fields += name + ": " + value + "\r\n";
  }
  const bool has_body = answer.status != 204 && answer.status != 304;
  if (has_body) fields += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return head(answer.status, fields) + (has_body ? body : "");
}

std::string chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

}  // namespace

EngineProxy::EngineProxy(const std::string& engine)
    : engine_(endpoint_of(engine)),
      server_([this](Connection& connection, int) { serve(connection); }) {}

EngineProxy::~EngineProxy() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    thawed_.notify_all();
  }
  ending_.raise();
  cut();
}

void EngineProxy::before(Judge judge) {
  const std::lock_guard lock(mutex_);
  before_ = std::move(judge);
}

void EngineProxy::after(Judge judge) {
  const std::lock_guard lock(mutex_);
  after_ = std::move(judge);
}

void EngineProxy::filter_events(EventFilter filter) {
  const std::lock_guard lock(mutex_);
  events_ = std::move(filter);
}

void EngineProxy::pass_everything() {
  before({});
  after({});
  filter_events({});
  refuse(false);
  freeze(false);
}

void EngineProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (Connection* connection : open_) connection->cut();
}

void EngineProxy::refuse(bool refuse) {
  refusing_ = refuse;
  if (refuse) cut();
}

void EngineProxy::freeze(bool freeze) {
  const std::lock_guard lock(mutex_);
  frozen_ = freeze;
  thawed_.notify_all();
}

std::vector<EngineCall> EngineProxy::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void EngineProxy::serve(Connection& connection) {
  {
    const std::lock_guard lock(mutex_);
    open_.insert(&connection);
  }
  for (std::string request = connection.read_request(); !request.empty() && !refusing_;
       request = connection.read_request()) {
    try {
      if (!forward(connection, request)) break;
    } catch (const HttpError&) {
      break;  // the engine itself is gone: so is the connection
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(&connection);
}

bool EngineProxy::forward(Connection& connection, const std::string& text) {
  HttpRequest request = parse(text);
  EngineCall call;
  call.number = ++calls_;
  call.method = request.method;
  call.target = without_version(request.target);
  call.request_body = request.body;
  wait_while_frozen();
  if (!allowed(call, &EngineProxy::before_)) return false;
  note(call);
  if (call.is("GET", "/events?")) {
    stream_events(connection, request);
    return false;
  }
  const HttpAnswer answer = engine_.call(request, WaitLimit::in(longest_call, &ending_));
  call.status = answer.status;
  call.answer = answer.body;
  if (!allowed(call, &EngineProxy::after_)) return false;
  wait_while_frozen();
  HttpAnswer told = answer;
  told.status = call.status;
  connection.send(message(told, call.answer));
  return true;
}

void EngineProxy::stream_events(Connection& connection, const HttpRequest& request) {
  const auto stream = engine_.open(request, WaitLimit::in(longest_call, &ending_));
  connection.send(
      head(stream->status(), "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"));
  std::string bytes;
  for (;;) {
    const auto outcome = stream->read(bytes, WaitLimit::in(look_around, &ending_));
    if (outcome == HttpBodyStream::Outcome::ended ||
        outcome == HttpBodyStream::Outcome::interrupted || connection.ended())
      return;
    wait_while_frozen();
    EventFilter filter;
    {
      const std::lock_guard lock(mutex_);
      filter = events_;
    }
    for (auto end = bytes.find('\n'); end != std::string::npos; end = bytes.find('\n')) {
      const std::string line = bytes.substr(0, end);
      bytes.erase(0, end + 1);
      const auto lines = filter ? filter(line) : std::vector<std::string>{line};
      for (const auto& one : lines) connection.send(chunk(one + "\n"));
    }
  }
}

bool EngineProxy::allowed(EngineCall& call, const Judge EngineProxy::*judge) {
  Judge asked;
  {
    const std::lock_guard lock(mutex_);
    asked = this->*judge;
  }
  return !asked || asked(call) == Fate::pass;
}

void EngineProxy::wait_while_frozen() {
  std::unique_lock lock(mutex_);
  thawed_.wait(lock, [this] { return !frozen_ || ended_; });
}

void EngineProxy::note(const EngineCall& call) {
  if (!call.changes_something()) return;
  EngineCall noted = call;
  noted.request_body.clear();
  const std::lock_guard lock(mutex_);
  changes_.push_back(std::move(noted));
}

}  // namespace mosaic::faults
