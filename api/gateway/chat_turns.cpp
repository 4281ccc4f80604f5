#include "api/gateway/chat_turns.hpp"

#include <algorithm>
#include <utility>

#include "api/problem.hpp"

namespace mosaic {
namespace {

constexpr std::string_view key_field = "idempotency-key";
constexpr std::size_t max_key_bytes = 255;

bool is_usable_key(std::string_view key) {
  return !key.empty() && key.size() <= max_key_bytes &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// An answer that says that the message may be sent again.
bool may_be_repeated(int status) { return status >= 500 || status == 429; }

Response bad_key() {
  return problem(400, problem_type::invalid_request,
                 "The Idempotency-Key is no text of 1 to 255 visible ASCII characters.",
                 "Send one Idempotency-Key, for example a random UUID.");
}

Response other_message() {
  return problem(422, problem_type::key_reused,
                 "This Idempotency-Key was used for another message.",
                 "Use a new key for every new message.");
}

Response still_running() {
  auto response = problem(409, problem_type::request_running,
                          "The message with this Idempotency-Key is being answered right now.",
                          "Repeat it in a moment to get its answer.");
  response.set_field("Retry-After", "2");
  return response;
}

Response too_large_to_keep() {
  return problem(409, problem_type::already_ran,
                 "This message ran already; its answer was too large to be kept.",
                 "Send it with a new Idempotency-Key to run it again.");
}

Response broken_off() {
  return problem(409, problem_type::already_ran,
                 "This message was given to the agent already, and its answer broke off.",
                 "Send it with a new Idempotency-Key to run it again.");
}

}  // namespace

struct ChatTurn::Run {
  ChatTurns& turns;
  IdempotencyRecord record;
  std::string answer;
  bool sent = false;
  bool too_large = false;
};

// --- one turn ---

ChatTurn::ChatTurn() = default;
ChatTurn::ChatTurn(std::unique_ptr<Run> run) : run_(std::move(run)) {}
ChatTurn::~ChatTurn() { end(); }
ChatTurn::ChatTurn(ChatTurn&& other) noexcept = default;
ChatTurn& ChatTurn::operator=(ChatTurn&& other) noexcept {
  if (this == &other) return *this;
  end();
  run_ = std::move(other.run_);
  return *this;
}

void ChatTurn::sending() {
  if (run_) run_->sent = true;
}

void ChatTurn::not_taken() {
  if (!run_) return;
  run_->sent = false;
  run_->answer.clear();
  run_->too_large = false;
}

void ChatTurn::collect(std::string_view bytes) {
  if (!run_ || run_->too_large) return;
  run_->too_large = run_->answer.size() + bytes.size() > run_->turns.settings_.answer_bytes;
  if (run_->too_large) {
    run_->answer = {};
  } else {
    run_->answer += bytes;
  }
}

void ChatTurn::finish(int status, std::string_view content_type) {
  if (!run_) return;
  const auto run = std::move(run_);
  if (may_be_repeated(status)) return run->turns.abandon(std::move(run->record));
  if (run->too_large) return run->turns.keep(std::move(run->record), too_large_to_keep());
  Response answer(status, std::string(content_type), std::move(run->answer));
  run->turns.keep(std::move(run->record), std::move(answer));
}

void ChatTurn::end() {
  if (!run_) return;
  const auto run = std::move(run_);
  if (run->sent) {
    run->turns.keep(std::move(run->record), broken_off());
  } else {
    run->turns.abandon(std::move(run->record));
  }
}

// --- all of them ---

ChatTurns::ChatTurns(AccountStore& accounts, const SecretBox& secrets, const Clock& clock,
                     BlockingExecutor executor, ChatTurnSettings settings)
    : accounts_(accounts),
      secrets_(secrets),
      clock_(clock),
      executor_(std::move(executor)),
      settings_(settings) {}

ChatTurns::~ChatTurns() = default;

bool ChatTurns::has_key(const Request& request) {
  return std::any_of(request.fields.begin(), request.fields.end(),
                     [](const HttpField& field) { return field.name == key_field; });
}

std::variant<ChatTurn, Response> ChatTurns::begin(const Request& request,
                                                  const std::string& account_id) {
  if (!has_key(request)) return ChatTurn();
  const auto key = request.field(key_field).value_or("");
  if (!is_usable_key(key)) return bad_key();
  IdempotencyRecord record;
  record.account_id = account_id;
  record.key = std::string(key);
  record.fingerprint = secrets_.fingerprint(request.method + '\n' + request.path + '\n' +
                                            request.query + '\n' + request.body);
  record.expires_at = clock_.now() + settings_.running_lifetime;
  switch (accounts_.begin_idempotent(record)) {
    case IdempotencyBegin::fresh:
      return ChatTurn(std::unique_ptr<ChatTurn::Run>(
          new ChatTurn::Run{*this, std::move(record), {}, false, false}));
    case IdempotencyBegin::finished:
      return replay(record);
    case IdempotencyBegin::other_request:
      return other_message();
    case IdempotencyBegin::running:
      break;
  }
  return still_running();
}

Response ChatTurns::replay(const IdempotencyRecord& record) const {
  Response response;
  response.status = record.status;
  if (!record.content_type.empty()) response.set_field("Content-Type", record.content_type);
  try {
    response.body = secrets_.decrypt(record.body);
  } catch (const DecryptError&) {
    // Kept under another MOSAIC_SECRET_KEY.
    return broken_off();
  }
  response.set_field("Cache-Control", "no-store");
  response.set_field("Idempotency-Replayed", "true");
  return response;
}

void ChatTurns::keep(IdempotencyRecord record, Response answer) {
  const auto* content_type = answer.find_field("Content-Type");
  record.finished = true;
  record.status = answer.status;
  record.content_type = content_type == nullptr ? std::string{} : *content_type;
  record.body = std::move(answer.body);
  record.expires_at = clock_.now() + settings_.finished_lifetime;
  put_on_record(Ending{std::move(record), false});
}

void ChatTurns::abandon(IdempotencyRecord record) {
  put_on_record(Ending{std::move(record), true});
}

void ChatTurns::put_on_record(Ending ending) {
  {
    const std::lock_guard lock(mutex_);
    if (endings_.size() >= settings_.unwritten) endings_.pop_front();
    endings_.push_back(std::move(ending));
  }
  // When it is full, tick() writes.
  executor_([this] { write_one(); });
}

// False: there was nothing to write, or the store did not take it.
bool ChatTurns::write_one() {
  Ending ending;
  {
    const std::lock_guard lock(mutex_);
    if (endings_.empty()) return false;
    ending = std::move(endings_.front());
    endings_.pop_front();
  }
  try {
    if (ending.abandoned) {
      accounts_.abandon_idempotent(ending.record.account_id, ending.record.key);
      return true;
    }
    IdempotencyRecord stored = ending.record;
    stored.body = secrets_.encrypt(ending.record.body);
    accounts_.finish_idempotent(stored);
    return true;
  } catch (const StoreError&) {
    const std::lock_guard lock(mutex_);
    if (endings_.size() < settings_.unwritten) endings_.push_front(std::move(ending));
    return false;
  }
}

void ChatTurns::tick() {
  while (write_one()) {
  }
}

}  // namespace mosaic
