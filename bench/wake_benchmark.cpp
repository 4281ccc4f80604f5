// Wakes of real agents by the real `mosaic controller`, each next to the same container made by hand over the Engine API,
// pair by pair; wakes from pause and hibernation; and how soon a changed row reaches the engine.
//
// wake_benchmark --figures=FILE --folder=DIR [--pairs=N] [--openclaw-pairs=N] [--changes=N] [--no-swap=REASON]
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/figure.hpp"
#include "bench/installation.hpp"
#include "bench/words.hpp"

namespace mosaic::bench {
namespace {

constexpr double instant_target_ms = 15;
constexpr double openclaw_target_ratio = 1.05;
constexpr double paused_target_ms = 40;
constexpr double hibernated_target_ratio = 0.2;
constexpr double change_p50_target_ms = 3;
constexpr double change_p99_target_ms = 20;
constexpr int instant_memory_mb = 64;
constexpr int openclaw_memory_mb = 1536;
// A gateway holds ten times as much: less than this in swap was no hibernation.
constexpr double least_swapped_mb = 50;
constexpr std::chrono::seconds instant_limit{20};
constexpr std::chrono::seconds openclaw_limit{120};
constexpr std::chrono::microseconds instant_probe_period{1000};
// On a busy machine boots take several times as long: then fewer of them are measured, and the
// notes say how many.
constexpr std::chrono::seconds last_pair_begins{320};
constexpr std::chrono::seconds last_hibernation_begins{400};
// A boot of ten seconds must not share its two cores with ten thousand probes.
constexpr std::chrono::microseconds openclaw_probe_period{5000};

struct Options {
  std::string figures;
  std::string folder;
  int pairs = 15;
  int openclaw_pairs = 5;
  int changes = 250;
  int hibernations = 5;
  std::string no_swap;
};

// One image, with an agent of ours and a bare container modelled on a second agent that never runs beside it.
struct Contest {
  std::string image_word;
  std::string image;
  std::string ours;
  std::string model;
  int memory_mb;
  std::string bare_subnet;
  std::string bare_gateway;
  std::chrono::microseconds probe_period;
  std::chrono::seconds limit;
};

struct Pairs {
  std::vector<WakeSeen> ours;
  std::vector<BareWake> bare;

  std::vector<double> ours_ms() const {
    std::vector<double> values;
    for (const auto& wake : ours) values.push_back(wake.ready_ms);
    return values;
  }
  std::vector<double> bare_ms() const {
    std::vector<double> values;
    for (const auto& wake : bare) values.push_back(to_ms(wake.total()));
    return values;
  }
};

double median(const std::vector<double>& values) { return percentile(values, 0.5); }

// The median over one number of each wake; nothing where a wake does not have it.
template <typename Number>
double median_of(const std::vector<WakeSeen>& wakes, Number number) {
  std::vector<double> values;
  for (const auto& wake : wakes) {
    if (const std::optional<double> value = number(wake)) values.push_back(*value);
  }
  return values.empty() ? 0 : median(values);
}

// Of the whole machine: nobody else in a sandbox swaps.
double swap_used_mb() {
  constexpr double kib_per_mb = 1024.0;
  std::ifstream swaps("/proc/swaps");
  double used = 0;
  std::string line;
  std::getline(swaps, line);  // the headings
  while (std::getline(swaps, line)) {
    std::istringstream columns(line);
    std::string file;
    std::string type;
    double size = 0;
    double used_kib = 0;
    if (columns >> file >> type >> size >> used_kib) used += used_kib / kib_per_mb;
  }
  return used;
}

void say(const std::string& line) { std::cerr << line << '\n'; }

std::string ms_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

class Benchmark {
 public:
  explicit Benchmark(Options options)
      : options_(std::move(options)), fleet_(options_.folder, options_.no_swap.empty()) {}

  void run() {
    const Contest instant{"instant image",   required_environment("MOSAIC_TEST_INSTANT_IMAGE"),
                          "instant",         "instant-model",
                          instant_memory_mb, "10.231.255.0/29",
                          "10.231.255.1",    instant_probe_period,
                          instant_limit};
    attempt("instant", [&] { wakes_of_instant(instant); });
    attempt("instant", [&] { wakes_from_pause(instant); });
    attempt("instant", [&] { changes(instant); });
    if (options_.openclaw_pairs == 0) return;
    const Contest openclaw{"OpenClaw",         required_environment("MOSAIC_TEST_AGENT_IMAGE"),
                           "openclaw",         "openclaw-model",
                           openclaw_memory_mb, "10.231.255.8/29",
                           "10.231.255.9",     openclaw_probe_period,
                           openclaw_limit};
    attempt("openclaw", [&] { wakes_of_openclaw(openclaw); });
    attempt("openclaw", [&] { wakes_from_hibernation(openclaw); });
  }

  bool complete() const { return complete_; }

 private:
  // A part that cannot be measured says so in the table; the others go on.
  void attempt(const std::string& id, const std::function<void()>& part) {
    try {
      part();
    } catch (const std::exception& error) {
      complete_ = false;
      say(std::string("not measured: ") + error.what() + "\n" + fleet_.story(id));
      append_figure(options_.figures,
                    impossible_figure("a part of the wakes of " + id, error.what()));
    }
  }

  // Both have booted once on their volumes, and are stopped.
  void prepare(const Contest& contest) {
    for (const auto& id : {contest.ours, contest.model}) {
      fleet_.insert_agent(id, contest.image, contest.memory_mb);
      const WakeSeen first = fleet_.wake(id, contest.limit);
      say(id + ": first wake of all in " + ms_text(first.ready_ms) + " ms");
      fleet_.put_to_stop(id);
    }
  }

  // One of each per round; who goes first changes. `before_ours` prepares each of our wakes.
  Pairs contest(const Contest& contest, BareContainer& bare, int rounds, int warm_up,
                const std::function<void()>& before_ours) {
    Pairs pairs;
    for (int round = -warm_up; round < rounds; ++round) {
      if (!pairs.ours.empty() && late(last_pair_begins)) break;
      std::optional<WakeSeen> ours;
      std::optional<BareWake> reference;
      for (int turn = 0; turn < 2; ++turn) {
        if ((round + turn) % 2 == 0) {
          before_ours();
          ours = fleet_.wake(contest.ours, contest.limit);
          fleet_.put_to_stop(contest.ours);
        } else {
          reference = bare.wake(contest.probe_period);
          bare.end();
        }
      }
      if (round < 0) continue;
      pairs.ours.push_back(*ours);
      pairs.bare.push_back(*reference);
      say(contest.image_word + " " + std::to_string(round + 1) + ": ours " +
          ms_text(ours->ready_ms) + " ms, bare " + ms_text(to_ms(reference->total())) + " ms");
    }
    return pairs;
  }

  void append_contest(const std::string& name, const Pairs& pairs, Comparison comparison,
                      double target, const std::string& note) {
    const auto ours = pairs.ours_ms();
    const auto bare = pairs.bare_ms();
    std::vector<double> results;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      results.push_back(comparison == Comparison::ratio ? ours[i] / bare[i] : ours[i] - bare[i]);
    }
    Figure figure = value_figure(name, "ms", median(ours), target, note);
    figure.reference = median(bare);
    figure.comparison = comparison;
    figure.result = median(results);
    append_figure(options_.figures, figure);
  }

  void append_breakdown(const std::string& of, const std::vector<WakeSeen>& wakes) {
    const auto add = [&](const std::string& what, double ms) {
      append_figure(options_.figures, value_figure("  " + of + ": " + what, "ms", ms, std::nullopt,
                                                   "p50, since the commit"));
    };
    const double commit =
        median_of(wakes, [](const WakeSeen& wake) { return std::optional(wake.commit_took_ms); });
    append_figure(options_.figures, value_figure("  " + of + ": the commit itself", "ms", commit,
                                                 std::nullopt, "p50, before all of that"));
    add("first engine call",
        median_of(wakes, [](const WakeSeen& wake) { return std::optional(wake.first_call_ms); }));
    add("start or unpause sent",
        median_of(wakes, [](const WakeSeen& wake) { return wake.started_ms; }));
    const double calls = median_of(
        wakes, [](const WakeSeen& wake) { return std::optional<double>(wake.calls_before_start); });
    append_figure(options_.figures, value_figure("  " + of + ": engine calls before that", "",
                                                 calls, std::nullopt, "p50"));
    add("start or unpause answered",
        median_of(wakes, [](const WakeSeen& wake) { return wake.start_done_ms; }));
    add("row says ready",
        median_of(wakes, [](const WakeSeen& wake) { return std::optional(wake.ready_ms); }));
  }

  void append_bare_breakdown(const std::vector<BareWake>& wakes) {
    std::vector<double> create;
    std::vector<double> start;
    std::vector<double> probe;
    for (const auto& wake : wakes) {
      create.push_back(to_ms(wake.create));
      start.push_back(to_ms(wake.start));
      probe.push_back(to_ms(wake.probe));
    }
    append_figure(options_.figures,
                  value_figure("  bare: create + start + probe", "ms",
                               median(create) + median(start) + median(probe), std::nullopt,
                               ms_text(median(create)) + " + " + ms_text(median(start)) + " + " +
                                   ms_text(median(probe)) + " ms at p50"));
  }

  void wakes_of_instant(const Contest& instant) {
    prepare(instant);
    BareContainer bare(fleet_.engine(), Installation::container_name(instant.model),
                       instant.bare_subnet, instant.bare_gateway);
    const auto remove = [&] {
      fleet_.engine().call("DELETE", "/containers/" + Installation::container_name(instant.ours));
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
    };
    const Pairs created = contest(instant, bare, options_.pairs, 2, remove);
    append_contest("wake, instant image, container created", created, Comparison::difference,
                   instant_target_ms,
                   "ours - bare create + start + probe, p50 of " +
                       std::to_string(created.ours.size()) + " pairs");
    append_breakdown("created", created.ours);
    append_bare_breakdown(created.bare);
    const Pairs kept = contest(instant, bare, options_.pairs, 1, [] {});
    append_contest("wake, instant image, stopped container kept", kept, Comparison::difference,
                   instant_target_ms,
                   "ours - bare create + start + probe, p50 of " +
                       std::to_string(kept.ours.size()) + " pairs");
    append_breakdown("kept", kept.ours);
  }

  void wakes_from_pause(const Contest& instant) {
    fleet_.set_setting("fleet.sleep.hibernateAfterMin", "600");
    fleet_.set_setting("fleet.sleep.pause", "true");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    fleet_.wake(instant.ours, instant.limit);
    std::vector<WakeSeen> wakes;
    for (int round = -2; round < 2 * options_.pairs; ++round) {
      fleet_.put_to_sleep(instant.ours, "paused");
      const WakeSeen wake = fleet_.wake(instant.ours, instant.limit);
      if (round >= 0) wakes.push_back(wake);
    }
    const double p50 =
        median_of(wakes, [](const WakeSeen& wake) { return std::optional(wake.ready_ms); });
    append_figure(options_.figures,
                  value_figure("wake of a paused agent", "ms", p50, paused_target_ms,
                               "p50 of " + std::to_string(wakes.size())));
    append_breakdown("paused", wakes);
  }

  // While the agent runs, and settled: the reconcile only looks.
  void changes(const Contest& instant) {
    std::minstd_rand random(1);
    std::vector<double> samples;
    for (int number = -10; number < options_.changes; ++number) {
      const double ms = fleet_.change_to_first_call_ms(instant.ours, number & 1);
      if (number >= 0) samples.push_back(ms);
      std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 30));
    }
    const std::string note = "of " + std::to_string(samples.size()) +
                             ", from the commit; idleTimeoutMin of a running agent";
    append_figure(options_.figures,
                  value_figure("change of a row to first engine call, p50", "ms",
                               percentile(samples, 0.5), change_p50_target_ms, note));
    append_figure(options_.figures,
                  value_figure("change of a row to first engine call, p99", "ms",
                               percentile(samples, 0.99), change_p99_target_ms, note));
  }

  void wakes_of_openclaw(const Contest& openclaw) {
    prepare(openclaw);
    BareContainer bare(fleet_.engine(), Installation::container_name(openclaw.model),
                       openclaw.bare_subnet, openclaw.bare_gateway);
    const Pairs pairs = contest(openclaw, bare, options_.openclaw_pairs, 0, [] {});
    append_contest("wake, OpenClaw", pairs, Comparison::ratio, openclaw_target_ratio,
                   "ours / bare create + start + probe, p50 of " +
                       std::to_string(pairs.ours.size()) + " pairs");
    append_breakdown("OpenClaw", pairs.ours);
    cold_openclaw_ms_ = median(pairs.ours_ms());
  }

  void wakes_from_hibernation(const Contest& openclaw) {
    const std::string name = "wake of a hibernated OpenClaw";
    if (!options_.no_swap.empty()) {
      append_figure(options_.figures, impossible_figure(name, options_.no_swap));
      return;
    }
    if (!cold_openclaw_ms_) throw std::runtime_error("there is no cold wake to compare with");
    fleet_.set_setting("fleet.sleep.pause", "false");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    fleet_.wake(openclaw.ours, openclaw.limit);
    std::vector<double> swapped_mb;
    std::vector<WakeSeen> wakes;
    for (int round = 0; round < options_.hibernations; ++round) {
      if (round > 0 && late(last_hibernation_begins)) break;
      fleet_.put_to_sleep(openclaw.ours, "hibernated");
      swapped_mb.push_back(swap_used_mb());
      wakes.push_back(fleet_.wake(openclaw.ours, openclaw.limit));
      say("hibernated " + std::to_string(round + 1) + ": " + ms_text(wakes.back().ready_ms) +
          " ms");
    }
    if (median(swapped_mb) < least_swapped_mb) {
      throw std::runtime_error("hibernation moved only " + ms_text(median(swapped_mb)) +
                               " MB to swap");
    }
    Figure figure = value_figure(
        name, "ms",
        median_of(wakes, [](const WakeSeen& wake) { return std::optional(wake.ready_ms); }),
        hibernated_target_ratio,
        "of its cold wake, p50 of " + std::to_string(wakes.size()) + "; " +
            ms_text(median(swapped_mb)) + " MB were in swap");
    figure.reference = cold_openclaw_ms_;
    figure.comparison = Comparison::ratio;
    figure.result = *figure.ours / *cold_openclaw_ms_;
    append_figure(options_.figures, figure);
    append_breakdown("hibernated", wakes);
  }

  bool late(std::chrono::seconds after) const { return Steady::now() > begun_ + after; }

  const Steady::time_point begun_ = Steady::now();
  const Options options_;
  Installation fleet_;
  std::optional<double> cold_openclaw_ms_;
  bool complete_ = true;
};

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  try {
    const mosaic::bench::Words words(
        count, arguments,
        {"figures", "folder", "pairs", "openclaw-pairs", "changes", "hibernations", "no-swap"});
    mosaic::bench::Options options;
    options.figures = words.text("figures");
    options.folder = words.text("folder");
    options.pairs = words.number("pairs", options.pairs);
    options.openclaw_pairs = words.number("openclaw-pairs", options.openclaw_pairs);
    options.changes = words.number("changes", options.changes);
    options.hibernations = words.number("hibernations", options.hibernations);
    options.no_swap = words.text_or("no-swap", {});
    mosaic::bench::Benchmark benchmark(std::move(options));
    benchmark.run();
    return benchmark.complete() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "wake_benchmark: " << error.what() << '\n';
    return 1;
  }
}
