// The wall between agents and everything else on an engine's host, as the driver sees it. firewall/HostFirewall sets
// it with iptables; NullIsolation says why nothing can be set (a remote engine, no rights).
//
// Thread-safety: every method may be called from any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace mosaic {

// Every bridge of an instance's agents has a name that begins with this, so that rules can name them all and no
// other instance's: "mos" and the first six digits of the instance id. At most six more characters may follow.
inline std::string agent_bridge_prefix(std::string_view instance) {
  return "mos" + std::string(instance.substr(0, 6));
}

class HostIsolation {
 public:
  virtual ~HostIsolation() = default;

  // Sets the rules, or sets them again when somebody changed them. Takes some 10 ms when they are in place, so it is
  // called at start, at every relist and after the engine came back; before a start in_force() is enough. Throws
  // EngineError: isolation_unavailable when the rules should be there and cannot be set, unavailable when the engine
  // does not answer yet; does nothing when isolation is known to be impossible here.
  virtual void ensure() = 0;
  // True after an ensure() that left the rules verified and in place.
  virtual bool in_force() const = 0;
  // Why isolation is not in force, in one line; empty when it is.
  virtual std::string reason() const = 0;
};

class NullIsolation final : public HostIsolation {
 public:
  explicit NullIsolation(std::string reason) : reason_(std::move(reason)) {}

  void ensure() override {}
  bool in_force() const override { return false; }
  std::string reason() const override { return reason_; }

 private:
  const std::string reason_;
};

}  // namespace mosaic
