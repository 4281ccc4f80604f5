#include "runtime/docker/engine_client.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "http/http_error.hpp"
#include "runtime/docker/engine_error_text.hpp"

namespace mosaic {
namespace {

bool is_success(int status) { return (status >= 200 && status < 300) || status == 304; }

bool is_repeatable(std::string_view method) { return method == "GET" || method == "HEAD"; }

// An engine that was replaced by one of another version under our feet.
bool speaks_another_version(const HttpAnswer& answer) {
  return answer.status == 400 && answer.body.find("client version") != std::string::npos;
}

}  // namespace

int choose_api_minor(std::string_view offered) {
  int minor = 0;
  const bool is_first_major = offered.starts_with("1.");
  if (is_first_major) {
    const std::string_view digits = offered.substr(2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    if (error != std::errc() || end != digits.data() + digits.size()) minor = 0;
  }
  if (minor == 0) {
    throw EngineError(EngineErrorKind::refused,
                      "what answers there is no Docker engine of a known kind (API version \"" +
                          scrub(offered.substr(0, 20), {}) + "\")");
  }
  if (minor < EngineClient::oldest_minor) {
    throw EngineError(EngineErrorKind::refused,
                      "the Docker engine is too old (API 1." + std::to_string(minor) +
                          "): Docker 20.10 (API 1.41) or newer is needed");
  }
  return std::min(minor, EngineClient::newest_minor);
}

EngineClient::EngineClient(EngineEndpoint endpoint, const Clock& clock,
                           EngineCallObserver* observer)
    : endpoint_(std::move(endpoint)), observer_(observer), http_(endpoint_.http), breaker_(clock) {}

EngineAnswer EngineClient::call(const EngineRequest& request) {
  return call_accepting(request, {});
}

EngineAnswer EngineClient::call_accepting(const EngineRequest& request,
                                          std::initializer_list<int> accepts) {
  if (!breaker_.allow()) throw not_calling();
  const WaitLimit limit = WaitLimit::in(request.timeout);
  HttpAnswer answer = guarded_exchange(request, limit);
  if (speaks_another_version(answer)) {
    forget_version();
    answer = guarded_exchange(request, limit);
  }
  const bool accepted = std::find(accepts.begin(), accepts.end(), answer.status) != accepts.end();
  if (!is_success(answer.status) && !accepted) {
    throw classify_answer(request.doing, answer.status, answer.body, request.secrets);
  }
  return EngineAnswer{answer.status, std::move(answer.body)};
}

// At the last moment: a process may stand still for a minute between any two of its calls.
void EngineClient::require_permission(const EngineRequest& request) {
  if (!before_change_ || is_repeatable(request.method)) return;
  try {
    before_change_();
  } catch (...) {
    breaker_.answered();  // at least nothing speaks against the engine
    throw;
  }
}

// Tells the breaker how it went: any complete answer counts as an answer.
HttpAnswer EngineClient::guarded_exchange(const EngineRequest& request, const WaitLimit& limit) {
  int minor = 0;
  try {
    minor = negotiate(limit);
  } catch (...) {
    throw_counted(request);
  }
  require_permission(request);
  try {
    HttpAnswer answer = exchange(request, "/v1." + std::to_string(minor) + request.path, limit);
    breaker_.answered();
    return answer;
  } catch (...) {
    throw_counted(request);
  }
}

// The failure in flight, as the breaker counts it and as callers see it.
void EngineClient::throw_counted(const EngineRequest& request) {
  try {
    throw;
  } catch (const HttpError& error) {
    breaker_.failed();
    // Whatever comes back may be another engine.
    if (error.kind() != HttpErrorKind::time_up) forget_version();
    const EngineError classified = classify_transport(request.doing, error, endpoint_.url);
    remember_failure(classified.what());
    throw classified;
  } catch (const EngineError&) {
    breaker_.answered();
    throw;
  } catch (...) {
    breaker_.failed();
    throw;
  }
}

HttpAnswer EngineClient::exchange(const EngineRequest& request, const std::string& target,
                                  const WaitLimit& limit) {
  HttpRequest message;
  message.method = request.method;
  message.target = target;
  message.body = request.body;
  message.repeatable = is_repeatable(request.method);
  const auto began = std::chrono::steady_clock::now();
  try {
    HttpAnswer answer = http_.call(message, limit);
    report(request, answer.status, began);
    return answer;
  } catch (...) {
    report(request, 0, began);
    throw;
  }
}

int EngineClient::negotiate(const WaitLimit& limit) {
  const int known = minor_;
  if (known != 0) return known;
  EngineRequest ping;
  ping.route = "/_ping";
  const HttpAnswer answer = exchange(ping, "/_ping", limit);
  std::string offered(answer.field("Api-Version"));
  if (offered.empty()) {
    EngineRequest ask;
    ask.route = "/version";
    const auto version =
        nlohmann::json::parse(exchange(ask, "/version", limit).body, nullptr, false);
    if (version.is_object() && version.contains("ApiVersion") &&
        version["ApiVersion"].is_string()) {
      offered = version["ApiVersion"].get<std::string>();
    }
  }
  const int minor = choose_api_minor(offered);
  minor_ = minor;
  return minor;
}

std::unique_ptr<HttpBodyStream> EngineClient::open(const EngineRequest& request,
                                                   const Interrupt* interrupt) {
  const WaitLimit limit = WaitLimit::in(request.timeout, interrupt);
  HttpRequest message;
  message.method = request.method;
  message.body = request.body;
  const auto began = std::chrono::steady_clock::now();
  try {
    message.target = "/v1." + std::to_string(negotiate(limit)) + request.path;
    require_permission(request);
    std::unique_ptr<HttpBodyStream> stream = http_.open(message, limit);
    report(request, stream->status(), began);
    if (is_success(stream->status())) return stream;
    std::string body;
    while (body.size() < 64 * 1024 && stream->read(body, limit) == HttpBodyStream::Outcome::data) {
    }
    throw classify_answer(request.doing, stream->status(), body, request.secrets);
  } catch (const HttpError& error) {
    report(request, 0, began);
    forget_version();
    throw classify_transport(request.doing, error, endpoint_.url);
  }
}

void EngineClient::upload(const EngineRequest& request, const HttpBodySource& body,
                          std::string_view content_type) {
  HttpRequest message;
  message.method = request.method;
  message.fields.emplace_back("Content-Type", content_type);
  const auto began = std::chrono::steady_clock::now();
  try {
    const int minor = negotiate(WaitLimit::in(request.timeout));
    message.target = "/v1." + std::to_string(minor) + request.path;
    const HttpAnswer answer = http_.upload(message, body, request.timeout);
    report(request, answer.status, began);
    if (!is_success(answer.status))
      throw classify_answer(request.doing, answer.status, answer.body, request.secrets);
  } catch (const HttpError& error) {
    report(request, 0, began);
    forget_version();
    throw classify_transport(request.doing, error, endpoint_.url);
  }
}

// The reason why it is not called is worth more than the fact.
EngineError EngineClient::not_calling() const {
  const std::lock_guard lock(mutex_);
  return EngineError(EngineErrorKind::unavailable,
                     last_failure_ + "; next try in " + to_human(breaker_.until_next_try()));
}

void EngineClient::remember_failure(const std::string& failure) {
  const std::lock_guard lock(mutex_);
  last_failure_ = failure;
}

std::string EngineClient::api_version() {
  if (minor_ == 0) {
    EngineRequest ping;
    ping.route = "/_ping";
    ping.path = "/_ping";
    ping.doing = "speak to the engine";
    call(ping);
  }
  return "1." + std::to_string(minor_.load());
}

void EngineClient::report(const EngineRequest& request, int status,
                          std::chrono::steady_clock::time_point began) {
  if (observer_ != nullptr) {
    observer_->on_call(request.method, request.route, status,
                       std::chrono::steady_clock::now() - began);
  }
}

}  // namespace mosaic
