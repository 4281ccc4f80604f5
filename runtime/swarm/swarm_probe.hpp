// Tries a swarm from where agents stand. On every node that takes agents runs a task of the agents' image for some seconds,
// with all that Swarm puts around an agent: it says whether that node's daemon keeps processes from new privileges, and
// whether it reaches a forwarder on each other node through an overlay network made for this, which is what UDP 4789 and TCP
// and UDP 7946 are for. That both images are on a node shows by the way. Removes what it made, and what one that was
// killed has left.
//
// Thread-safety: one thread, which it blocks for some seconds, and a few minutes at most.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/wait_limit.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/swarm/swarm_objects.hpp"
#include "runtime/swarm/swarm_settings.hpp"

namespace mosaic {

struct ProbedNode {
  std::string host_name;
  std::string link_trouble;   // why no forwarder ran there, in the engine's words; else empty
  std::string agent_trouble;  // the same of the agents' image
  std::optional<bool> no_new_privileges;  // nothing: not tried
  bool tried_peers = false;
  std::string silent_peer;  // the first node that was not reached from there; else empty
};

class SwarmProbe {
 public:
  // `clock` must outlive it. Does not connect yet.
  SwarmProbe(const SwarmSettings& settings, const Clock& clock);

  // Throws EngineError. Of each node that is ready and takes tasks, by name.
  std::vector<ProbedNode> run(const std::string& image);

 private:
  using Tasks = std::vector<SwarmTask>;

  std::vector<ProbedNode> walk(const std::string& image, const std::string& name);
  // One task of each node, once all of them are beyond `coming`, or as they are when the time is over.
  Tasks await(const std::string& service_id, const std::vector<SwarmNode>& nodes,
              const std::function<bool(const SwarmTask&)>& done);
  void sweep();

  const SwarmSettings settings_;
  EngineClient engine_;
  SwarmObjects objects_;
  const Interrupt nobody_;
};

}  // namespace mosaic
