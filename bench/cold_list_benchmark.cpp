// 100,000 rows against a simulated engine: the cold list and diff of a controller that has just become the leader, what
// it holds in memory, and what it uses when there is nothing to do. Store, listener and loop are the production ones.
//
// cold_list_benchmark --figures=FILE [--idle-seconds=N] [--rows=N]
#include <malloc.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

#include "bench/figure.hpp"
#include "bench/large_fleet.hpp"
#include "bench/process_usage.hpp"
#include "bench/words.hpp"
#include "reconcilers/control_loop.hpp"
#include "store/agent_columns.hpp"
#include "store/postgres_listener.hpp"
#include "test/fakes/fake_health_monitor.hpp"

namespace mosaic::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int workers = 8;
constexpr int rounds = 3;
constexpr int quiet_polls_wanted = 30;  // of 50 ms
constexpr double list_target_s = 1.5;
constexpr double memory_target_mb = 150;
constexpr double idle_target_percent = 1.0;
constexpr std::chrono::seconds longest_wait{60};

// Counts what the loop reports, and lets the main thread wait for it.
class Watcher final : public ControllerObserver, public InformerObserver, public AgentObserver {
 public:
  void on_reconcile_begin(const ResourceKey&) override {}
  void on_reconcile_end(const ResourceKey&, ReconcileResult result, std::chrono::nanoseconds,
                        std::string_view error) override {
    ++reconciles;
    if (result == ReconcileResult::error || result == ReconcileResult::terminal_error)
      complain(std::string(error));
  }
  void on_relisted(std::chrono::nanoseconds, std::size_t rows, std::size_t,
                   std::size_t drifted) override {
    const std::lock_guard lock(mutex_);
    ++listings_;
    if (rows > 0) {
      ++resyncs_;
      if (resyncs_ == 1) listed_at_ = Steady::now();
      rows_ = rows;
      drifted_ = drifted;
    }
    changed_.notify_all();
  }
  void on_relist_failed(const std::string& error) override { complain(error); }
  void on_engine_reachable(bool) override {}
  void on_action(const ResourceKey& key, ActionKind action, Duration) override {
    complain("acted on " + to_string(key) + ": " + std::string(to_string(action)));
  }
  void on_action_failed(const ResourceKey&, ActionKind, const std::string& error) override {
    complain(error);
  }
  void on_status(const AgentRow&, const AgentStatus&, const AgentStatus&) override { ++statuses; }
  void on_woken(const ResourceKey&, WakeDepth, Duration, Duration) override {}
  void on_stale_observation(const ResourceKey&) override {}

  void became_leader() {
    const std::lock_guard lock(mutex_);
    leader_at_ = Steady::now();
  }
  void complain(const std::string& error) {
    const std::lock_guard lock(mutex_);
    if (complaint_.empty()) complaint_ = error;
    changed_.notify_all();
  }

  // From leadership to the end of the first full listing.
  Steady::duration wait_for_list() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, longest_wait,
                           [&] { return resyncs_ > 0 || !complaint_.empty(); })) {
      throw std::runtime_error("no complete listing within " +
                               std::to_string(longest_wait.count()) + " s");
    }
    check_locked();
    return listed_at_ - leader_at_;
  }
  void check() {
    const std::lock_guard lock(mutex_);
    check_locked();
  }
  int resyncs() {
    const std::lock_guard lock(mutex_);
    return resyncs_;
  }
  std::size_t listings() {
    const std::lock_guard lock(mutex_);
    return listings_;
  }
  std::size_t rows() {
    const std::lock_guard lock(mutex_);
    return rows_;
  }

  std::atomic<int> reconciles{0};
  std::atomic<int> statuses{0};

 private:
  void check_locked() const {
    if (!complaint_.empty()) throw std::runtime_error("the loop did not stay calm: " + complaint_);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string complaint_;
  Steady::time_point leader_at_;
  Steady::time_point listed_at_;
  std::size_t listings_ = 0;  // of the engine, with and without all rows
  int resyncs_ = 0;
  std::size_t rows_ = 0;
  std::size_t drifted_ = 0;
};

// A controller as the command line assembles it, but for engine and probes.
class Assembly {
 public:
  Assembly(const DatabaseOptions& options, PostgresStore& store, FakeEngine& engine,
           const SecretBox& box, const Clock& clock)
      : engine_(engine),
        listings_before_(engine.call_count(EngineMethod::list_agents)),
        loop_(
            clock, store, engine, box,
            [&clock](HealthListener& listener) {
              auto monitor = std::make_unique<FakeHealthMonitor>(clock, &listener);
              monitor->set_always_ready(true);
              return monitor;
            },
            settings(),
            ControlLoopObservers{watcher_,
                                 watcher_,
                                 watcher_,
                                 nullptr,
                                 [this](Term) { watcher_.became_leader(); },
                                 {},
                                 [this](const std::string& line) { watcher_.complain(line); }}),
        listener_(options, loop_.change_listener()) {
    loop_.start();
    listener_.start();
  }
  ~Assembly() {
    listener_.stop();
    loop_.stop();
  }

  Watcher& watcher() { return watcher_; }

  // Until no key is queued or in process and no listing is under way, for a while: the listener's
  // first connection asks for one more.
  void wait_until_settled() {
    const auto deadline = Steady::now() + longest_wait;
    int quiet_polls = 0;
    int seen = -1;
    while (quiet_polls < quiet_polls_wanted) {
      if (Steady::now() > deadline) throw std::runtime_error("the queue does not come to rest");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      const int now = watcher_.reconciles + 1'000'000 * watcher_.resyncs();
      const bool listing =
          engine_.call_count(EngineMethod::list_agents) - listings_before_ > watcher_.listings();
      const bool busy = listing || loop_.queue().depth() > 0 || loop_.queue().processing() > 0;
      const bool quiet = !busy && now == seen;
      quiet_polls = quiet ? quiet_polls + 1 : 0;
      seen = now;
    }
    watcher_.check();
  }

 private:
  static ControlLoopSettings settings() {
    ControlLoopSettings settings;
    settings.workers = workers;
    settings.holder = this_process_as_holder();
    return settings;
  }

  Watcher watcher_;
  FakeEngine& engine_;
  const std::size_t listings_before_;
  ControlLoop loop_;
  PostgresListener listener_;
};

// The least that any reader of these rows must wait for: the same columns, streamed and thrown away.
double bare_copy_seconds(BenchDatabase& database) {
  const auto begun = Steady::now();
  pqxx::work transaction(database.connection());
  pqxx::stream_from stream(
      transaction, std::string("(SELECT ") + user_agent_columns + R"( FROM "UserContainer"))");
  std::string line;
  std::size_t bytes = 0;
  while (stream.get_raw_line(line)) bytes += line.size();
  stream.complete();
  transaction.commit();
  std::cerr << "the rows are " << bytes / 1'000'000 << " MB as text\n";
  return to_ms(Steady::now() - begun) / 1000;
}

void measure_idle(const std::string& file, std::chrono::seconds duration, Watcher& watcher) {
  const int listings = watcher.resyncs();
  const int reconciles = watcher.reconciles;
  const auto begun = Steady::now();
  const auto used = processor_time();
  std::this_thread::sleep_for(duration);
  const double share = to_ms(processor_time() - used) / to_ms(Steady::now() - begun) * 100;
  append_figure(
      file,
      value_figure("idle, 100,000 rows: share of a core", "%", share, idle_target_percent,
                   "over " + std::to_string(duration.count()) + " s, listener and poll running"));
  std::cerr << "while idle: " << watcher.resyncs() - listings << " full listings, "
            << watcher.reconciles - reconciles << " reconciles\n";
}

void run(const std::string& file, std::chrono::seconds idle, LargeFleetSize size) {
  const SystemClock clock;
  const SecretBox box("a secret of the benchmarks, which is long enough");
  BenchDatabase bench;
  insert_large_fleet(bench, box, size);
  DatabaseOptions options;
  options.url = bench.url();
  options.connections = workers + 2;
  Database database(options);
  PostgresStore store(database);
  FakeEngine engine(clock, store.instance_id());
  wake_part_of_fleet(store, engine, box, clock, size);
  bench.maintain("VACUUM (ANALYZE) \"UserContainer\"");
  const double bare_s = bare_copy_seconds(bench);

  ::malloc_trim(0);
  forget_peak();
  const ResidentMemory before = resident_memory();
  std::vector<double> seconds;
  std::vector<double> cpu_seconds;
  for (int round = 1; round <= rounds; ++round) {
    const auto used = processor_time();
    Assembly assembly(options, store, engine, box, clock);
    seconds.push_back(to_ms(assembly.watcher().wait_for_list()) / 1000);
    cpu_seconds.push_back(to_ms(processor_time() - used) / 1000);
    if (assembly.watcher().rows() < static_cast<std::size_t>(size.rows))
      throw std::runtime_error("rows are missing");
    assembly.wait_until_settled();
    if (round == 1) {
      const ResidentMemory after = resident_memory();
      append_figure(file, value_figure("100,000 rows: resident memory at its peak", "MB",
                                       after.peak_mb, memory_target_mb,
                                       "simulated engine and set-up included: " +
                                           std::to_string(static_cast<int>(before.now_mb)) +
                                           " MB before the loop"));
      append_figure(file, value_figure("100,000 rows: resident memory afterwards", "MB",
                                       after.now_mb, memory_target_mb,
                                       "settled; " + std::to_string(assembly.watcher().resyncs()) +
                                           " listings at start"));
    }
    std::cerr << "round " << round << ": " << seconds.back() << " s, "
              << assembly.watcher().resyncs() << " listings, " << assembly.watcher().reconciles
              << " reconciles, " << assembly.watcher().statuses << " status writes\n";
    if (round == rounds) measure_idle(file, idle, assembly.watcher());
    assembly.watcher().check();
  }
  char cpu[32];
  std::snprintf(cpu, sizeof cpu, "%.2f", percentile(cpu_seconds, 0.5));
  Figure list =
      value_figure("100,000 rows: cold list and diff", "s", percentile(seconds, 0.5), list_target_s,
                   "from leadership, median of 3 (" + std::string(cpu) +
                       " s of CPU); reference: bare COPY of the rows");
  list.reference = bare_s;
  append_figure(file, list);
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  std::string figures;
  try {
    const mosaic::bench::Words words(count, arguments, {"figures", "idle-seconds", "rows"});
    figures = words.text("figures");
    mosaic::bench::LargeFleetSize size;
    size.rows = words.number("rows", size.rows);
    mosaic::bench::run(words.text("figures"),
                       std::chrono::seconds(words.number("idle-seconds", 45)), size);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "cold_list_benchmark: " << error.what() << '\n';
    if (!figures.empty()) {
      mosaic::bench::append_figure(
          figures, mosaic::bench::impossible_figure("100,000 rows, in part", error.what()));
    }
    return 1;
  }
}
