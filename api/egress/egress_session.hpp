// One connection of an agent to the egress proxy: one request, then bytes both ways until both sides have ended, nothing
// has moved for long, or the agent may no longer ask that host. Private to the proxy.
//
// All members run on the thread of the connection's executor, except those said otherwise. Nothing is read from one side
// before the other has taken what came before, so a slow side slows the other down, and what is kept is bounded.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "api/connection.hpp"
#include "api/egress/egress_desk.hpp"
#include "api/egress/egress_proxy.hpp"
#include "api/egress/egress_refusals.hpp"
#include "api/fair_turns.hpp"
#include "api/served_connection.hpp"
#include "api/timed_wakeup.hpp"
#include "telemetry/metric_handles.hpp"

namespace mosaic {

// Outlives every session.
struct EgressParts {
  const EgressDesk& desk;
  FairTurns& turns;
  EgressRefusals& refusals;
  EgressLimits limits;
  std::function<void(EgressOutcome)> count;
  EgressTraffic traffic;
  std::shared_ptr<const Router> own_routes;
};

class EgressSession final : public ServedConnection,
                            public std::enable_shared_from_this<EgressSession> {
 public:
  EgressSession(const EgressParts& parts, const SessionContext& context,
                boost::asio::ip::tcp::socket socket, EgressEnds ends, ConnectionLimit::Lease lease);

  boost::asio::any_io_executor executor() override { return client_->executor(); }
  boost::asio::awaitable<void> run() override;
  // A tunnel has no moment at which nothing is lost: both end it.
  void close() override;
  void wind_down() override { close(); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> take_request();
  boost::asio::awaitable<void> judge();
  boost::asio::awaitable<void> answer_in_place();
  boost::asio::awaitable<bool> connect();
  boost::asio::awaitable<bool> begin();
  boost::asio::awaitable<void> carry();
  boost::asio::awaitable<bool> still_allowed();
  void start_pump(boost::asio::awaitable<void> pump);
  boost::asio::awaitable<void> pump_to_target();
  boost::asio::awaitable<void> pump_body();
  boost::asio::awaitable<void> pump_to_client();
  boost::asio::awaitable<std::size_t> pass_on(Connection& from, Connection& to, std::size_t most,
                                              prometheus::Counter& bytes);
  // `reason` stays until it is over.
  boost::asio::awaitable<void> refuse(int status, EgressOutcome outcome, std::string_view reason);
  void close_both();
  void fail(const std::exception_ptr& failure);

  const EgressParts& parts_;
  const SessionContext context_;
  const std::shared_ptr<Connection> client_;
  std::shared_ptr<Connection> target_;
  const EgressEnds ends_;
  ConnectionLimit::Lease lease_;
  EgressRequest request_;
  EgressJudgement judgement_;
  bool closed_ = false;
  TimedWakeup news_;
  int pumps_ = 0;
  SteadyTime moved_{};
};

}  // namespace mosaic
