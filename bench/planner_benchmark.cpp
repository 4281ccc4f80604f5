// The pure parts of one reconcile, and the queue: plan of an agent for which nothing is to be done, its fingerprints,
// and one key through the queue.
//
// planner_benchmark [--figures=FILE] [Google Benchmark's own options]
#include <benchmark/benchmark.h>

#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/figure.hpp"
#include "controller/work_queue.hpp"
#include "model/clock.hpp"
#include "reconcilers/agent_plan.hpp"
#include "reconcilers/fingerprints.hpp"
#include "secrets/secret_box.hpp"

namespace mosaic::bench {
namespace {

constexpr TimePoint now{std::chrono::milliseconds(1'767'225'600'000)};
constexpr int repetitions = 5;

// Everything that a plan is made from, owned.
struct Agent {
  AgentRow row;
  WantedFingerprints wanted;
  ObservedAgent observed;
  HealthView health;
  SleepAllowance sleep;
  FleetSettings settings;

  PlanInput input() const { return PlanInput{row, wanted, observed, health, sleep, settings, now}; }
};

AgentRow row_named(const std::string& id) {
  AgentRow row;
  row.key = ResourceKey(ResourceKind::user_container, id);
  row.owner = "user-0001-of-a-length-that-is-usual";
  row.container_name = "openclaw-user-0001-of-a-length";
  row.status.observed_generation = row.generation;
  return row;
}

// Plans until nothing changes any more: what remains is the reconcile that a resync causes.
Agent settled(Agent agent) {
  for (int round = 0; round < 4; ++round) {
    const Plan plan = plan_agent(agent.input());
    if (plan.action != ActionKind::none) {
      throw std::logic_error("the agent is not at rest: " + std::string(to_string(plan.action)));
    }
    if (plan.status == agent.row.status) return agent;
    agent.row.status = plan.status;
  }
  throw std::logic_error("the agent's status does not come to rest");
}

Agent running_agent() {
  Agent agent;
  agent.row = row_named("cmb3x1y2z0000abcd1234efgh");
  agent.row.last_active_at = now - std::chrono::minutes(2);
  agent.wanted = {std::string(32, 'a'), std::string(32, 'b'), {}};
  const TimePoint started = now - std::chrono::hours(1);
  agent.row.status.phase = Phase::running;
  agent.row.status.config_hash = agent.wanted.config;
  agent.row.status.ready_at = started + std::chrono::seconds(9);
  ContainerView container;
  container.id = std::string(64, 'c');
  container.name = agent.row.container_name;
  container.state = ContainerState::running;
  container.started_at = started;
  container.spec_hash = agent.wanted.spec;
  container.key = agent.row.key;
  container.endpoint = "10.213.0.2:18789";
  container.memory_mb = 1536;
  agent.observed.container = container;
  agent.observed.as_of = now;
  agent.health.health = Health::ready;
  agent.health.ready_at = agent.row.status.ready_at;
  agent.health.watched_since = started;
  return settled(std::move(agent));
}

Agent sleeping_agent() {
  Agent agent;
  agent.row = row_named("cmb3x1y2z0001abcd1234efgh");
  agent.row.last_active_at = now - std::chrono::hours(8);
  agent.wanted = {std::string(32, 'a'), std::string(32, 'b'), {}};
  agent.observed.as_of = now;
  agent.sleep.reason = "idle agents are stopped";
  return settled(std::move(agent));
}

void plan_running(benchmark::State& state) {
  const Agent agent = running_agent();
  for (auto step : state) benchmark::DoNotOptimize(plan_agent(agent.input()));
}
BENCHMARK(plan_running)->Repetitions(repetitions)->ReportAggregatesOnly();

void plan_sleeping(benchmark::State& state) {
  const Agent agent = sleeping_agent();
  for (auto step : state) benchmark::DoNotOptimize(plan_agent(agent.input()));
}
BENCHMARK(plan_sleeping)->Repetitions(repetitions)->ReportAggregatesOnly();

void queue_round(benchmark::State& state) {
  const SystemClock clock;
  WorkQueue queue(clock, WorkQueueSettings{});
  const ResourceKey key(ResourceKind::user_container, "cmb3x1y2z0000abcd1234efgh");
  for (auto step : state) {
    queue.add(key, Priority::spec_change);
    const auto item = queue.try_pop();
    queue.done(item->key);
    queue.forget(item->key);
  }
}
BENCHMARK(queue_round)->Repetitions(repetitions)->ReportAggregatesOnly();

AgentConfigSource config_source(const AgentRow& row, const SecretBox& box) {
  ProviderRow provider;
  provider.id = "provider-1";
  provider.owner = row.owner;
  provider.name = "local";
  provider.display_name = "Local";
  provider.type = "custom";
  provider.base_url = "http://198.18.0.1:9/v1";
  provider.api_key = box.encrypt("sk-0123456789abcdef");
  provider.api_type = "openai-completions";
  provider.models_json = R"([{"id": "cogito", "name": "Cogito"}, {"id": "sage", "name": "Sage"}])";
  AgentConfigSource source;
  source.key = row.key;
  source.owner = row.owner;
  source.gateway_token = row.gateway_token;
  source.primary_model = "local/cogito";
  source.personality = "You are brief and kind.";
  source.providers = {provider};
  return source;
}

// Decrypts token and key, renders the configuration, takes both fingerprints.
void fingerprints_of_one_agent(benchmark::State& state) {
  const SecretBox box("a secret of the benchmarks, which is long enough");
  const Fingerprints fingerprints(box, std::string(32, 'd'));
  AgentRow row = row_named("cmb3x1y2z0000abcd1234efgh");
  row.gateway_token = box.encrypt(std::string(64, 'e'));
  const std::optional<AgentConfigSource> source = config_source(row, box);
  const FleetSettings settings;
  if (const auto wanted = fingerprints.of(row, source, settings, "template", false);
      !wanted.fingerprints.problem.empty()) {
    throw std::logic_error(wanted.fingerprints.problem);
  }
  for (auto step : state)
    benchmark::DoNotOptimize(fingerprints.of(row, source, settings, "template", false));
}
BENCHMARK(fingerprints_of_one_agent)->Repetitions(repetitions)->ReportAggregatesOnly();

struct Promise {
  const char* benchmark;
  const char* figure;
  std::optional<double> target_us;
};

constexpr double planning_target_us = 5.0;
const Promise promises[] = {
    {"plan_running", "plan, nothing to do: running agent", planning_target_us},
    {"plan_sleeping", "plan, nothing to do: sleeping agent", planning_target_us},
    {"queue_round", "queue: add, pop, done", std::nullopt},
    {"fingerprints_of_one_agent", "fingerprints of one agent", std::nullopt},
};

// Prints to standard error, so that standard output stays the report's, and keeps the medians.
class MedianReporter final : public benchmark::ConsoleReporter {
 public:
  MedianReporter() : ConsoleReporter(OO_Tabular) {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const auto& run : runs) {
      if (run.aggregate_name == "median") {
        medians_us_[run.run_name.function_name] =
            run.GetAdjustedCPUTime() / 1000.0;  // reported in nanoseconds
      }
    }
    ConsoleReporter::ReportRuns(runs);
  }

  void append_figures(const std::string& file) const {
    for (const auto& promise : promises) {
      const auto median = medians_us_.find(promise.benchmark);
      if (median == medians_us_.end()) continue;
      append_figure(file, value_figure(promise.figure, "us", median->second, promise.target_us,
                                       "CPU time, median of 5 runs"));
    }
  }

 private:
  std::map<std::string, double> medians_us_;
};

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  constexpr std::string_view figures_option = "--figures=";
  std::string figures;
  std::vector<char*> rest;
  for (int i = 0; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word.starts_with(figures_option)) {
      figures = word.substr(figures_option.size());
    } else {
      rest.push_back(arguments[i]);
    }
  }
  int rest_count = static_cast<int>(rest.size());
  benchmark::Initialize(&rest_count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(rest_count, rest.data())) return 2;
  try {
    mosaic::bench::MedianReporter reporter;
    reporter.SetOutputStream(&std::cerr);
    reporter.SetErrorStream(&std::cerr);
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (!figures.empty()) reporter.append_figures(figures);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "planner_benchmark: " << error.what() << '\n';
    return 1;
  }
}
