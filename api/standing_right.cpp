#include "api/standing_right.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

namespace mosaic {
namespace {

namespace asio = boost::asio;

// All that a gatekeeper judges by. A look may outlast its request.
Request without_body(const Request& request) {
  Request head;
  head.method = request.method;
  head.path = request.path;
  head.query = request.query;
  head.fields = request.fields;
  head.peer_address = request.peer_address;
  head.forwarded_https = request.forwarded_https;
  head.id = request.id;
  head.parameters = request.parameters;
  return head;
}

}  // namespace

class StandingRight::Looks final : public StandingRights::Holder,
                                   public std::enable_shared_from_this<Looks> {
 public:
  Looks(StandingRights& rights, asio::any_io_executor executor, const Admitted& admitted,
        std::function<void()> changed)
      : rights_(rights),
        executor_(std::move(executor)),
        request_(&admitted.request),
        rule_(admitted.rule),
        changed_(std::move(changed)) {}

  // Only while attached.
  void look_again() override {
    ++noticed_;
    asio::post(executor_, [self = shared_from_this()] { self->begin(); });
  }

  // The rest on the I/O thread.
  void attach(const std::string& account_id) { place_ = rights_.add(account_id, *this); }
  void detach() {
    rights_.remove(place_);
    request_ = nullptr;
    changed_ = nullptr;
    const std::lock_guard lock(mutex_);
    executor_ = asio::any_io_executor();
  }
  bool in_doubt() const { return noticed_ != answered_; }
  const Response* refusal() const { return refusal_ ? &*refusal_ : nullptr; }

 private:
  void begin() {
    if (request_ == nullptr || looking_ || refusal_ || !in_doubt()) return;
    looking_ = true;
    looked_ = noticed_;
    const bool taken = rights_.submit(
        [self = shared_from_this(), head = without_body(*request_)] { self->look(head); });
    if (!taken) conclude({});
  }

  // On the executor, while the loop may end.
  void look(const Request& head) {
    auto answer = rights_.look(head, rule_);
    const std::lock_guard lock(mutex_);
    if (!executor_) return;
    asio::post(executor_, [self = shared_from_this(), answer = std::move(answer)]() mutable {
      self->conclude(std::move(answer));
    });
  }

  void conclude(StandingRights::Answer answer) {
    looking_ = false;
    answered_ = looked_;
    if (request_ == nullptr) return;
    refusal_ = std::move(answer.refusal);
    if (!answer.known) rights_.look_soon(place_);
    begin();
    changed_();
  }

  StandingRights& rights_;
  std::mutex mutex_;
  asio::any_io_executor executor_;  // none: detached
  const Request* request_;          // likewise
  const AccessRule rule_;
  std::function<void()> changed_;
  StandingRights::Place place_;
  std::atomic<std::uint64_t> noticed_ = 0;
  std::uint64_t looked_ = 0;    // as far as the look that is under way
  std::uint64_t answered_ = 0;  // and the last that ended
  bool looking_ = false;
  std::optional<Response> refusal_;
};

StandingRight::StandingRight(StandingRights& rights, const asio::any_io_executor& executor,
                             const Admitted& admitted, std::function<void()> changed)
    : rights_(rights),
      looks_(std::make_shared<Looks>(rights, executor, admitted, std::move(changed))) {
  looks_->attach(admitted.account_id);
  if (rights_.ticket() != admitted.ticket) looks_->look_again();
}

StandingRight::~StandingRight() { looks_->detach(); }

bool StandingRight::in_doubt() const { return looks_->in_doubt(); }

const Response* StandingRight::refusal() const { return looks_->refusal(); }

}  // namespace mosaic
