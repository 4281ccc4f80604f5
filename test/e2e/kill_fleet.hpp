// Agents whose rows are changed, at random or as told, and the judgement whether the engine shows what the rows ask for.
//
// The model remembers every row that it made and what must have become of it; unsettled() compares it with the database
// and the engine. Used from one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {

enum class Change : std::uint8_t {
  wake,
  idle,
  run,
  stop,
  restart,
  rotate,  // another gateway token
  resize,
  remove,
  purge,
  drop,
};

class KillFleet {
 public:
  KillFleet(Fleet& fleet, unsigned seed, int agents);

  // One agent of one's own choice, and one change of it. Returns its row's id.
  std::string add(const std::string& owner, bool awake);
  void apply(const std::string& id, Change change);
  // What ends by itself because the test made it end is counted by the product, and rightly.
  void forgive_ends() { forgives_ends_ = true; }
  // What returns brings back what is expected now, as a failover does that loses every change from here on. Ids of rows
  // that were lost are not used again.
  std::function<void()> picture();

  // An agent for every owner, half of them with somebody waiting.
  void create_all();
  // One random change of one row: create, wake, sleep, start, stop, restart, another token or limit, delete, purge.
  void change_something();
  // What is never allowed, not even for a moment; empty when all is well.
  std::string breach();
  // What still differs from what the rows ask for; empty when everything has converged.
  std::string unsettled();

  std::size_t rows() const { return agents_.size(); }
  int changes() const { return changes_; }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

 private:
  struct Agent {
    std::string owner;
    bool awake = false;
    int memory_mb = 64;
    std::string token;
    std::string stored_token;  // as the row was given it; empty: the one that it was made with
  };

  void create(const std::string& owner);
  void change(const std::string& id);
  std::string unsettled_rows(const std::vector<SeenContainer>& containers);
  std::string wrong_token(const std::string& id, const Agent& agent,
                          const nlohmann::json& container);
  std::string leftovers(const std::vector<SeenContainer>& containers);
  std::string unsettled_volumes();

  Fleet& fleet_;
  std::mt19937 random_;
  std::vector<std::string> owners_;
  std::map<std::string, Agent> agents_;  // by row id
  std::set<std::string> purged_;         // owners without volumes
  std::set<std::string> keepers_;        // owners whose volumes must be there
  int created_ = 0;
  int changes_ = 0;
  bool forgives_ends_ = false;
};

}  // namespace mosaic::e2e
