// The Engine API's transport: one call in, an answer or an EngineError out. Negotiates the API version, gives every
// call a deadline, stops calling an engine that does not answer, and keeps secrets out of every error.
//
// Thread-safety: every method may be called from any thread at the same time.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/http_client.hpp"
#include "model/clock.hpp"
#include "runtime/docker/circuit_breaker.hpp"
#include "runtime/docker/engine_endpoint.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

// Sees every call, for the metrics. Called on the calling thread; must be quick.
class EngineCallObserver {
 public:
  virtual ~EngineCallObserver() = default;
  // `route`: "/containers/{id}/start". `status`: of HTTP, 0 when there was no complete answer.
  virtual void on_call(std::string_view method, std::string_view route, int status,
                       std::chrono::nanoseconds duration) noexcept = 0;
};

namespace engine_timeout {
inline constexpr Duration look = std::chrono::seconds(10);    // inspect and list
inline constexpr Duration change = std::chrono::seconds(30);  // create and remove
inline constexpr Duration start = std::chrono::seconds(60);
}  // namespace engine_timeout

struct EngineRequest {
  std::string_view method = "GET";
  std::string_view route;  // for metrics: a literal without names in it
  std::string path;        // after the version: "/containers/abc/json", encoded, query included
  std::string body;
  Duration timeout = engine_timeout::look;
  std::string doing;                 // for errors: "start container alice"
  std::vector<std::string> secrets;  // that must not appear in an error
};

struct EngineAnswer {
  int status = 0;
  std::string body;
};

class EngineClient {
 public:
  static constexpr int oldest_minor = 41;  // API 1.41: Docker 20.10
  static constexpr int newest_minor = 51;

  // `observer` may be null; both references must outlive the client. Does not connect yet.
  EngineClient(EngineEndpoint endpoint, const Clock& clock, EngineCallObserver* observer);

  // Answers of 2xx and 304 return; everything else throws EngineError.
  EngineAnswer call(const EngineRequest& request);
  // As call(), but an answer of 404 or 409 or whatever `accepts` says returns as well.
  EngineAnswer call_accepting(const EngineRequest& request, std::initializer_list<int> accepts);
  // Asked before every call that is not merely a question; what it throws goes to the caller, and nothing is sent. To be
  // set before the first call.
  void before_each_change(std::function<void()> check) { before_change_ = std::move(check); }
  // A stream of its own, not subject to the breaker: whoever reads it has its own back-off.
  std::unique_ptr<HttpBodyStream> open(const EngineRequest& request, const Interrupt* interrupt);

  // Sends a body of unknown length as it comes; request.timeout is what each piece of it may take. Not repeated, and
  // not subject to the breaker either.
  void upload(const EngineRequest& request, const HttpBodySource& body,
              std::string_view content_type);

  std::string api_version();  // "1.41"; asks the engine when it is not known
  const EngineEndpoint& endpoint() const { return endpoint_; }
  bool breaker_open() const { return breaker_.is_open(); }

 private:
  HttpAnswer exchange(const EngineRequest& request, const std::string& target,
                      const WaitLimit& limit);
  HttpAnswer guarded_exchange(const EngineRequest& request, const WaitLimit& limit);
  void require_permission(const EngineRequest& request);
  [[noreturn]] void throw_counted(const EngineRequest& request);
  int negotiate(const WaitLimit& limit);
  void forget_version() { minor_ = 0; }
  EngineError not_calling() const;
  void remember_failure(const std::string& failure);
  void report(const EngineRequest& request, int status,
              std::chrono::steady_clock::time_point began);

  const EngineEndpoint endpoint_;
  EngineCallObserver* const observer_;
  HttpClient http_;
  CircuitBreaker breaker_;
  std::function<void()> before_change_;
  std::atomic<int> minor_{0};  // of the negotiated version; 0: not negotiated
  mutable std::mutex mutex_;
  std::string last_failure_;
};

// The minor number to speak with an engine whose own version is `offered` ("1.44"). Throws EngineError(refused) with
// what to do when it is too old or no version at all.
int choose_api_minor(std::string_view offered);

}  // namespace mosaic
