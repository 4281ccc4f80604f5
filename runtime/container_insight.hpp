// What only the engine can tell of a container beside its state: what it uses, and what it has written. Looks alone,
// nothing is changed; apart from RuntimeDriver, so that whoever looks has connections and a breaker of their own and
// never stands in the control loop's way. docker/ implements it; what an engine cannot tell, hindrance() says.
//
// Thread-safety: every method may be called from any thread at the same time. Throws EngineError as RuntimeDriver does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/resource_key.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

// How much CPU time all of a container's processes had had by the engine's clock `at`.
struct CpuReading {
  std::chrono::nanoseconds at{0};
  std::chrono::nanoseconds used{0};
};

struct ResourceUse {
  std::int64_t memory_bytes = 0;  // without the cache that the kernel gives back at once
  std::int64_t memory_limit_bytes = 0;
  std::int64_t processes = 0;
  CpuReading cpu;
  std::optional<CpuReading> cpu_before;  // with Look::twice
};

// Measured on Docker 20.10: once waits for the engine's next round, a second at most; twice waits for two.
enum class Look : std::uint8_t { once, twice };

struct RunningContainer {
  ResourceKey agent;
  std::string id;
};

// Which of a container's lines: the last `lines`, of those only what came later than `after`, and of these the end
// where they are more than `bytes`.
struct LogRange {
  int lines = 100;
  std::string after;  // the `at` of a line; empty: from the first one on
  std::size_t bytes = 256 * 1024;
};

struct LogLine {
  std::string
      at;  // by the engine's clock, "2026-01-31T12:34:56.789012345Z": as text in the order of time
  bool error = false;  // written to the standard error output
  std::string text;    // any bytes, without the line's end
};

struct LogTail {
  std::vector<LogLine> lines;  // oldest first
  bool cut = false;            // there were more than `bytes`
};

class ContainerInsight {
 public:
  virtual ~ContainerInsight() = default;

  // Why the engine cannot tell any of it, in one line; empty when it can.
  virtual std::string hindrance() = 0;
  // Agents' containers that run, paused ones not among them.
  virtual std::vector<RunningContainer> running() = 0;
  // Nothing when the container is not there or does not run.
  virtual std::optional<ResourceUse> use(const std::string& container_id, Look look) = 0;
  // Nothing when the container is not there; one that has ended still has its lines.
  virtual std::optional<LogTail> log_tail(const std::string& container_id,
                                          const LogRange& range) = 0;
};

// Of an engine that tells none of it.
class NoInsight final : public ContainerInsight {
 public:
  explicit NoInsight(std::string reason) : reason_(std::move(reason)) {}

  std::string hindrance() override { return reason_; }
  std::vector<RunningContainer> running() override { return {}; }
  std::optional<ResourceUse> use(const std::string&, Look) override { return std::nullopt; }
  std::optional<LogTail> log_tail(const std::string&, const LogRange&) override {
    return std::nullopt;
  }

 private:
  const std::string reason_;
};

}  // namespace mosaic
