// Answers what people ask of the engine through the database: what agents use, and an agent's own log for its owner.
// Only the leader does. It decides about nothing, so nothing that it does or fails to do moves an agent.
//
// Cost, measured on Docker 20.10: one look at a container's use is 2 ms of the engine's CPU, but the engine answers only
// with its next round, up to a second later. So nothing is measured unless somebody looked within usage_interest, and
// then `at_once` containers side by side: a pass takes about a second whatever the fleet's size, and whoever waits for a
// log waits no longer than one pass. The CPU is the difference to the look before; who was not looked at before is looked
// at twice.
//
// Threads: start() and stop() from one; run_pending() from the own thread, or from a test without start(). Never throws:
// what failed is told to `report` in one line, at most once a minute.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controller/leadership.hpp"
#include "model/clock.hpp"
#include "runtime/container_insight.hpp"
#include "secrets/secret_box.hpp"
#include "store/question_store.hpp"

namespace mosaic {

struct EngineAnswersSettings {
  Duration look_every = std::chrono::seconds(1);   // for questions
  Duration round_every = std::chrono::seconds(5);  // of all running containers, begun no sooner
  Duration forget_every = std::chrono::minutes(1);
  std::size_t at_once = 16;
  std::size_t log_bytes = 256UL * 1024;
};

class EngineAnswers {
 public:
  EngineAnswers(const Clock& clock, QuestionAnswerer& questions, ContainerInsight& insight,
                const Leadership& leadership, const SecretBox& secrets,
                std::function<void(const std::string&)> report,
                EngineAnswersSettings settings = {});
  ~EngineAnswers();
  EngineAnswers(const EngineAnswers&) = delete;
  EngineAnswers& operator=(const EngineAnswers&) = delete;

  void start();
  void stop();

  // One pass; returns when to call again.
  Duration run_pending();

 private:
  struct Before {
    std::string container_id;
    CpuReading cpu;
  };
  struct Measured {
    AgentUsage usage;
    Before before;  // for the next look
  };

  void run();
  void pass(Term term);
  void answer(const OpenLogQuestion& question, Term term);
  std::string read_log(const OpenLogQuestion& question);
  void measure_some(Term term);
  void begin_round();
  std::vector<Measured> measure_side_by_side(const std::vector<RunningContainer>& some) const;
  std::optional<Measured> measure(const RunningContainer& container) const;
  void complain(const std::string& line);

  const Clock& clock_;
  QuestionAnswerer& questions_;
  ContainerInsight& insight_;
  const Leadership& leadership_;
  const SecretBox& secrets_;
  const std::function<void(const std::string&)> report_;
  const EngineAnswersSettings settings_;

  // Only touched by run_pending().
  std::vector<RunningContainer> round_;  // still to be measured, taken from the end
  std::map<ResourceKey, Before> before_;
  SteadyTime next_round_{};
  SteadyTime next_forget_{};
  SteadyTime next_complaint_{};

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mosaic
