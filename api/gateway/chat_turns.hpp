// A chat message that carries an Idempotency-Key runs once, whichever process gets the retry: while it runs, the retry
// is told to come again (409 and Retry-After, which OpenAI's own client follows); afterwards it gets the stored answer.
//
// A turn of which nothing was sent to the agent is forgotten, so that the retry runs. One that was sent and then broke
// is not run again: nobody knows what the agent did of it. A process that dies leaves its key behind, free again when
// its record runs out (`running_lifetime`). Answers are stored encrypted: they are the person's conversation.
//
// Thread-safety: every method may be called from any thread; one ChatTurn is used by one thread at a time. begin()
// blocks on the store and throws StoreError; all that follows does not block: the store is written on the executor, and
// by tick() when that was full. ChatTurns outlives its turns, and the executor has ended before it goes. Bounds: one answer `answer_bytes`, `unwritten` endings not yet on record (the oldest are
// then left to run out).
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "api/gateway/agent_desk.hpp"
#include "api/http_message.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"

namespace mosaic {

struct ChatTurnSettings {
  std::size_t answer_bytes = 256 * 1024;
  std::size_t unwritten = 1'000;
  Duration running_lifetime = std::chrono::minutes(15);  // longer than any turn may take
  Duration finished_lifetime = std::chrono::hours(24);
};

class ChatTurns;

// One run. Without a key every method does nothing. Destroyed before finish(): abandoned when nothing was sent, else
// on record as broken.
class ChatTurn {
 public:
  ChatTurn();
  ~ChatTurn();
  ChatTurn(ChatTurn&& other) noexcept;
  ChatTurn& operator=(ChatTurn&& other) noexcept;

  // Before the first byte goes to the agent: from here on it counts as run.
  void sending();
  // The agent refused it as a whole (a connection that failed before a byte, 503 of a draining gateway …): it did not
  // run after all.
  void not_taken();
  // Bytes of the answer's body, as the client gets them. Beyond the bound nothing is kept any more.
  void collect(std::string_view bytes);
  // The answer is complete. A status of 429 or 5xx is not kept: such a message may be repeated.
  void finish(int status, std::string_view content_type);

 private:
  friend class ChatTurns;
  struct Run;
  explicit ChatTurn(std::unique_ptr<Run> run);
  void end();

  std::unique_ptr<Run> run_;
};

class ChatTurns {
 public:
  ChatTurns(AccountStore& accounts, const SecretBox& secrets, const Clock& clock,
            BlockingExecutor executor, ChatTurnSettings settings = {});
  ~ChatTurns();
  ChatTurns(const ChatTurns&) = delete;
  ChatTurns& operator=(const ChatTurns&) = delete;

  // Whether begin() would ask the store at all.
  static bool has_key(const Request& request);

  // A turn to run, or the answer to give instead: the stored one ("Idempotency-Replayed: true"), or a problem: 400 (no
  // usable key), 409 (still running; or it ran and its answer cannot be given again), 422 (the key is another
  // message's). Blocks; throws StoreError.
  std::variant<ChatTurn, Response> begin(const Request& request, const std::string& account_id);

  // Writes what the executor had no room for. Blocks.
  void tick();

 private:
  friend class ChatTurn;
  struct Ending {
    IdempotencyRecord record;
    bool abandoned = false;
  };

  void keep(IdempotencyRecord record, Response answer);
  void abandon(IdempotencyRecord record);
  void put_on_record(Ending ending);
  bool write_one();
  Response replay(const IdempotencyRecord& record) const;

  AccountStore& accounts_;
  const SecretBox& secrets_;
  const Clock& clock_;
  const BlockingExecutor executor_;
  const ChatTurnSettings settings_;
  std::mutex mutex_;
  std::deque<Ending> endings_;
};

}  // namespace mosaic
