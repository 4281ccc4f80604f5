// A thread that calls one function again and again: what gives AgentDesk, ActivityLedger and ChatTurns their time in a
// real process. Tests call tick() themselves.
//
// start() and stop() from one thread; stop() waits for a call that runs. The function must not throw.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "model/clock.hpp"

namespace mosaic {

class Ticker {
 public:
  Ticker(Duration interval, std::function<void()> tick);
  ~Ticker() { stop(); }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  void start();
  void stop();

 private:
  void run();

  const Duration interval_;
  const std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mosaic
