// mosaic get --watch: which agents are another than when they were last shown.
//
// Signs of life alone (activity, ages) are no difference. Used from one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/agent.hpp"

namespace mosaic::cli {

class AgentWatch {
 public:
  struct News {
    std::vector<AgentRow> changed;  // new ones included, in the order of `rows`
    std::vector<std::string> gone;  // owners
  };

  // `rows`: all that there are now.
  News look(const std::vector<AgentRow>& rows);

 private:
  struct Shown {
    std::string looks;
    std::string owner;
  };
  std::map<ResourceKey, Shown> shown_;
};

}  // namespace mosaic::cli
