// Pushes a frozen container's memory into swap and tells how much memory it holds, through its cgroup.
// CgroupMemoryReclaimer does it on the engine's own host; NoMemoryReclaimer says why it cannot be done.
//
// Thread-safety: every method may be called from any thread at the same time.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "runtime/runtime_driver.hpp"

namespace mosaic {

// A running or paused container: its id and the process id of its first process, as the engine's inspect shows them.
struct ContainerProcess {
  std::string container_id;
  pid_t pid = 0;
};

class MemoryReclaimer {
 public:
  virtual ~MemoryReclaimer() = default;

  // Found out once, when the engine first answers; until then: no, and the reason says that it does not answer.
  virtual bool possible() const = 0;
  virtual std::string reason() const = 0;  // why not, in one line; empty when possible

  // Pushes the container's memory to swap; takes seconds for hundreds of megabytes. The container should be paused:
  // a running one takes its memory back at once. Returns what it holds afterwards. Throws EngineError: unavailable
  // when not possible(), not_found when the process is gone, failed when most of the memory stayed resident.
  virtual RuntimeDriver::MemoryUse reclaim(const ContainerProcess& process) = 0;

  // Nothing when it cannot be told. Works without swap, too.
  virtual std::optional<RuntimeDriver::MemoryUse> memory_use(const ContainerProcess& process) = 0;
};

class NoMemoryReclaimer final : public MemoryReclaimer {
 public:
  explicit NoMemoryReclaimer(std::string reason) : reason_(std::move(reason)) {}

  bool possible() const override { return false; }
  std::string reason() const override { return reason_; }
  RuntimeDriver::MemoryUse reclaim(const ContainerProcess&) override {
    throw EngineError(EngineErrorKind::unavailable, "hibernation is not possible: " + reason_);
  }
  std::optional<RuntimeDriver::MemoryUse> memory_use(const ContainerProcess&) override {
    return std::nullopt;
  }

 private:
  const std::string reason_;
};

}  // namespace mosaic
