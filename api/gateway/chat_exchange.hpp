// One chat completion on its way: finds the caller's agent (waking it), passes the request on, passes the answer back.
// Private to the gateway.
//
// Lives as long as its request, on the client's I/O thread. What it promises:
// - The agent is held awake from before the first byte to after the last.
// - A client that goes away ends the agent's connection at once; a slow client slows the agent down.
// - So does a caller who would no longer be admitted (standing_right.hpp), and lets the agent go; they are told what
//   whoever asks now is told, in a stream as its last event.
// - An agent that dies under a request is woken and asked once more, if nothing of its answer was passed on; else the
//   stream ends with an event that says so.
// - At most one piece of the answer is in memory (and one event that is not complete yet).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/client_stream.hpp"
#include "api/connection.hpp"
#include "api/gateway/chat_gateway.hpp"
#include "api/gateway/chat_request.hpp"
#include "api/gateway/event_relay.hpp"
#include "api/gateway/openai_error.hpp"
#include "api/gateway/upstream_answer.hpp"
#include "api/standing_right.hpp"
#include "api/timed_wakeup.hpp"

namespace mosaic {

class ChatExchange {
 public:
  ChatExchange(const ChatParts& parts, const ChatSettings& settings,
               const StandingRight::Admitted& admitted, ClientStream& client,
               const Account& account, ChatRequest chat, ChatTurn turn);
  ~ChatExchange();
  ChatExchange(const ChatExchange&) = delete;
  ChatExchange& operator=(const ChatExchange&) = delete;

  boost::asio::awaitable<void> run();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  struct SeatWait;  // what the desk tells, from its own threads

  enum class Outcome : std::uint8_t {
    over,         // answered, or there is nobody to answer
    stale,        // a kept connection had ended: the agent never saw the request
    unreachable,  // nothing of an answer was passed on
    draining,     // the agent is about to restart: it refused the request as a whole
  };

  Awaitable<void> take_turn();
  // False: over.
  Awaitable<bool> find_seat();
  Awaitable<bool> say_progress(const std::optional<WakeProgress>& progress);
  Awaitable<bool> go_on_after(Outcome outcome);
  Awaitable<void> pause_while_draining();

  Awaitable<Outcome> ask_agent();
  Awaitable<std::shared_ptr<Connection>> connect();
  Awaitable<Outcome> pass_answer(UpstreamAnswer& answer);
  Awaitable<Outcome> pass_events(UpstreamAnswer& answer);
  Awaitable<Outcome> pass_document(UpstreamAnswer& answer);
  Awaitable<Outcome> pass_large_document(UpstreamAnswer& answer, std::string beginning);
  Awaitable<Outcome> judge_document(const UpstreamAnswer& answer, std::string body);
  Awaitable<Outcome> end_events(UpstreamAnswer::Part why);

  Awaitable<bool> begin_events();
  Awaitable<bool> send(std::string_view bytes);
  Awaitable<bool> on_silence();
  Awaitable<void> fail(OpenAiError error);
  Awaitable<void> fail(Response error);
  Awaitable<void> fail_for(UpstreamAnswer::Part why);
  Awaitable<void> refuse(const DeskRefusal& refusal);
  Awaitable<void> end_for_lost_right();

  // There is nobody to go on for.
  bool is_over() const { return client_.gone() || right_.lost(); }
  void on_change();

  const ChatParts& parts_;
  const ChatSettings& settings_;
  const Request& request_;
  ClientStream& client_;
  const Account& account_;
  ChatRequest chat_;
  ChatTurn turn_;

  const TimePoint began_;
  TimePoint wake_deadline_;
  std::optional<AgentSeat> seat_;
  std::shared_ptr<Connection> upstream_;
  TimedWakeup* waiting_ = nullptr;  // to be told when the client or its right changes
  EventRelay relay_;
  std::chrono::seconds retry_after_{1};
  bool fresh_only_ = false;
  bool woken_again_ = false;
  bool answer_begun_ = false;  // bytes of the agent's answer have gone to the client
  bool events_begun_ = false;  // and counted as an open stream
  StandingRight right_;        // tells on_change(), so it is the first to go
};

}  // namespace mosaic
