// How many requests of one agent are judged at a time: looking up names takes long where somebody wants it to, and then
// no agent's take the workers from the others.
//
// All members on the one thread of the server's loop. Who has taken a turn gives it back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "api/wakeup.hpp"

namespace mosaic {

class FairTurns {
 public:
  explicit FairTurns(std::size_t most_of_one) : most_of_one_(most_of_one) {}

  // In the order of asking; `peer` stays until it is taken. How many wait is bounded by how many connections one address may have.
  boost::asio::awaitable<void> take(const std::string& peer) {
    auto& line = lines_[peer];
    if (line.taken < most_of_one_) {
      ++line.taken;
      co_return;
    }
    const auto turn = std::make_shared<Wakeup>();
    line.waiting.push_back(turn);
    co_await turn->wait();
  }

  void give_back(const std::string& peer) {
    const auto found = lines_.find(peer);
    auto& line = found->second;
    if (!line.waiting.empty()) {
      const auto next = line.waiting.front();
      line.waiting.pop_front();
      next->notify();  // the turn is theirs now
    } else if (--line.taken == 0) {
      lines_.erase(found);
    }
  }

 private:
  struct Line {
    std::size_t taken = 0;
    std::deque<std::shared_ptr<Wakeup>> waiting;
  };

  const std::size_t most_of_one_;
  std::map<std::string, Line> lines_;
};

}  // namespace mosaic
