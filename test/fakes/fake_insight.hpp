// ContainerInsight over a FakeEngine: what containers use and have written is what a test says; which there are and which
// run is the engine's word. Each look adds up CPU time, so that the difference of two is what set_cpu() says.
//
// Thread-safety: every method may be called from any thread. The references must outlive it.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "runtime/container_insight.hpp"
#include "test/fakes/fake_engine.hpp"

namespace mosaic {

class FakeInsight final : public ContainerInsight {
 public:
  FakeInsight(FakeEngine& engine, const Clock& clock) : engine_(engine), clock_(clock) {}

  std::string hindrance() override;
  std::vector<RunningContainer> running() override;
  std::optional<ResourceUse> use(const std::string& container_id, Look look) override;
  std::optional<LogTail> log_tail(const std::string& container_id, const LogRange& range) override;

  void set_hindrance(const std::string& reason);
  void set_memory_mb(std::int64_t memory_mb);
  void set_cpu_milli(std::int64_t cpu_milli);  // of every container, since ever
  void write(const std::string& container_id, const LogLine& line);
  int looks(Look look);  // so far

 private:
  std::optional<ContainerView> find(const std::string& container_id);

  FakeEngine& engine_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string hindrance_;
  std::int64_t memory_mb_ = 100;
  std::int64_t cpu_milli_ = 0;
  std::map<std::string, std::vector<LogLine>> written_;
  std::map<Look, int> looks_;
};

}  // namespace mosaic
