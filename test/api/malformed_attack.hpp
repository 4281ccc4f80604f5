// Fifty thousand broken requests, from several threads at once, each thread with a seed of its own so that a run can be repeated.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "test/api/mutated_request.hpp"
#include "test/api/raw_client.hpp"

namespace mosaic::test {

using StatusCounts = std::map<int, int>;

// Whether the attackers read before they end their side: a server may take a client that ends its side for gone.
enum class AttackReading { after_closing, first };

inline void count_statuses(const std::string& answers, StatusCounts& counts) {
  for (auto at = answers.find("HTTP/1.1 "); at != std::string::npos;
       at = answers.find("HTTP/1.1 ", at + 1)) {
    // A body may contain the words of a request or speak of a version, but never of a version and a status.
    const int status = std::atoi(answers.c_str() + at + 9);
    if (status != 0) ++counts[status];
  }
}

// Several requests on one connection, then the end: whatever state they left, closing must end it.
inline void attack(std::uint16_t port, Random random, const std::vector<std::string>& valid,
                   AttackReading reading, StatusCounts& counts) {
  constexpr int requests = 12'500;
  constexpr int requests_per_connection = 25;
  for (int sent = 0; sent < requests; sent += requests_per_connection) {
    std::string batch;
    for (int i = 0; i < requests_per_connection; ++i) batch += mutated(random, valid);
    RawClient client(port);
    client.send(batch);
    std::string answers;
    while (reading == AttackReading::first && client.has_input()) {
      const auto piece = client.read_some();
      if (piece.empty()) break;
      answers += piece;
    }
    client.close_sending();
    count_statuses(answers + client.read_to_end(), counts);
  }
}

// How often each status was answered.
inline StatusCounts attack_from_four_threads(std::uint16_t port, std::uint64_t seed,
                                             const std::vector<std::string>& valid,
                                             AttackReading reading) {
  std::vector<StatusCounts> counts(4);
  std::vector<std::thread> attackers;
  attackers.reserve(counts.size());
  for (auto& own : counts) {
    attackers.emplace_back(
        [&, random = Random(seed++)] { attack(port, random, valid, reading, own); });
  }
  for (auto& attacker : attackers) attacker.join();
  StatusCounts total;
  for (const auto& one : counts) {
    for (const auto& [status, count] : one) total[status] += count;
  }
  return total;
}

}  // namespace mosaic::test
