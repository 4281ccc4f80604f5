// Ends the wait for a server that stands still: libpqxx reads without a time limit, and a server that was stopped, or
// whose host froze, keeps its sockets open. A socket whose answer is overdue is shut down, and its reader sees the
// connection end. Private to store/.
//
// Thread-safety: every method may be called from any thread. A socket is only ever touched between watch() and the end of
// its Guard, so the number may be closed and used again afterwards.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "model/clock.hpp"

namespace mosaic {

class AnswerWatch {
 public:
  class Guard {
   public:
    Guard(AnswerWatch& watch, int socket, SteadyTime deadline);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    // Whether the deadline passed and the socket was shut down.
    bool overdue() const;

   private:
    friend class AnswerWatch;
    AnswerWatch& watch_;
    const int socket_;
    bool overdue_ = false;  // under the watch's lock
    std::multimap<SteadyTime, Guard*>::iterator place_;
  };

  AnswerWatch() = default;
  ~AnswerWatch();
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

 private:
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<SteadyTime, Guard*> waiting_;
  SteadyTime next_look_ = SteadyTime::max();
  bool stopping_ = false;
  std::thread thread_;  // begun with the first guard
};

}  // namespace mosaic
