// mosaic_simulate: runs seeds, on as many cores as it is told, and says what was violated.
//
//   mosaic_simulate --seeds N [--from SEED] [--processes P] [--quiet]   exit code 1: something was violated
//   mosaic_simulate --seed S                                            one run, its trace and its hash
//
// A violation is printed with its seed, the shortest history that was found for it, and that run's last lines.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <new>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "test/proof.hpp"
#include "test/simulation/shrink.hpp"

namespace mosaic::simulation {
namespace {

constexpr int most_shrinking_runs = 250;
constexpr std::size_t lines_shown = 60;

struct Options {
  std::uint64_t seeds = 0;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> seed;
  int processes = 1;
  bool quiet = false;
};

// What one process found out; goes through a pipe as it is.
struct Sums {
  std::uint64_t seeds = 0;
  std::uint64_t steps = 0;
  std::uint64_t calls = 0;
  std::uint64_t turns = 0;
  std::uint64_t failing_seed = 0;  // zero: none
  char rule[16] = {};
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument("not a number: " + std::string(text));
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--quiet") {
      options.quiet = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument("no value for " + std::string(word));
    const std::uint64_t value = number(argv[++i]);
    if (word == "--seeds") {
      options.seeds = value;
    } else if (word == "--from") {
      options.from = value;
    } else if (word == "--seed") {
      options.seed = value;
    } else if (word == "--processes") {
      options.processes = static_cast<int>(std::clamp<std::uint64_t>(value, 1, 256));
    } else {
      throw std::invalid_argument("no such option: " + std::string(word));
    }
  }
  return options;
}

void print(const RunResult& result, std::size_t most) {
  const std::size_t skipped = result.lines.size() > most ? result.lines.size() - most : 0;
  if (skipped > 0) std::cout << "  … " << skipped << " lines before\n";
  for (std::size_t i = skipped; i < result.lines.size(); ++i)
    std::cout << "  " << result.lines[i] << "\n";
  std::printf(
      "  hash %016llx, %llu steps, %llu calls, %llu turns\n",
      static_cast<unsigned long long>(result.hash), static_cast<unsigned long long>(result.steps),
      static_cast<unsigned long long>(result.calls), static_cast<unsigned long long>(result.turns));
}

void explain(std::uint64_t seed) {
  const History history = make_history(seed);
  const RunResult whole = run_history(seed, history, false);
  if (!whole.violation) throw std::logic_error("seed " + std::to_string(seed) + " does not replay");
  std::cout << "seed " << seed << " violates " << whole.violation->rule << ": "
            << whole.violation->text << "\n";
  const auto still_violates = [&](const History& shorter) {
    const auto violation = run_history(seed, shorter, false).violation;
    return violation && violation->rule == whole.violation->rule;
  };
  const History shortest = shrink(history, still_violates, most_shrinking_runs);
  const RunResult result = run_history(seed, shortest, true);
  std::cout << "A history of " << shortest.size() << " steps (of " << history.size()
            << ") that does so:\n";
  for (const Step& step : shortest) std::cout << "  " << describe(step) << "\n";
  if (result.violation)
    std::cout << result.violation->rule << ": " << result.violation->text << "\n";
  print(result, lines_shown);
  std::cout << "The whole of it: ./dev simulate --seed " << seed << std::endl;
}

// The lowest seed that failed so far, known to all processes: nobody needs to look beyond it.
using LowestFailure = std::atomic<std::uint64_t>;

LowestFailure& shared_lowest_failure() {
  void* memory = mmap(nullptr, sizeof(LowestFailure), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  return *new (memory) LowestFailure(std::numeric_limits<std::uint64_t>::max());
}

Sums run_range(std::uint64_t from, std::uint64_t to, std::uint64_t stride, LowestFailure& lowest) {
  Sums sums;
  for (std::uint64_t seed = from; seed < to && seed < lowest; seed += stride) {
    const RunResult result = run_history(seed, make_history(seed), false);
    ++sums.seeds;
    sums.steps += result.steps;
    sums.calls += result.calls;
    sums.turns += result.turns;
    if (!result.violation) continue;
    sums.failing_seed = seed;
    std::uint64_t before = lowest;
    while (seed < before && !lowest.compare_exchange_weak(before, seed)) {
    }
    std::strncpy(sums.rule, result.violation->rule.c_str(), sizeof sums.rule - 1);
  }
  return sums;
}

// Every process takes each so-manyth seed. A process that ends without an answer is a failure.
Sums run_all(const Options& options) {
  const std::uint64_t end = options.from + options.seeds;
  const auto stride = static_cast<std::uint64_t>(options.processes);
  LowestFailure& lowest = shared_lowest_failure();
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::vector<pid_t> children;
  for (std::uint64_t i = 0; i < stride; ++i) {
    const pid_t child = fork();
    if (child < 0) throw std::runtime_error("no process");
    if (child > 0) {
      children.push_back(child);
      continue;
    }
    const Sums sums = run_range(options.from + i, end, stride, lowest);
    const bool told = write(ends[1], &sums, sizeof sums) == sizeof sums;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Sums all;
  Sums one;
  while (read(ends[0], &one, sizeof one) == sizeof one) {
    all.seeds += one.seeds;
    all.steps += one.steps;
    all.calls += one.calls;
    all.turns += one.turns;
    if (one.failing_seed == 0 || (all.failing_seed != 0 && all.failing_seed < one.failing_seed))
      continue;
    all.failing_seed = one.failing_seed;
    std::memcpy(all.rule, one.rule, sizeof all.rule);
  }
  close(ends[0]);
  for (const pid_t child : children) {
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0)
      throw std::runtime_error("a simulating process ended badly");
  }
  return all;
}

int run_one(std::uint64_t seed) {
  const History history = make_history(seed);
  for (const Step& step : history) std::cout << "  " << describe(step) << "\n";
  const RunResult result = run_history(seed, history, true);
  print(result, result.lines.size());
  if (!result.violation) return 0;
  std::cout << result.violation->rule << ": " << result.violation->text << std::endl;
  return 1;
}

void prove(const Options& options, const Sums& sums) {
  const std::string figure = std::to_string(sums.seeds) + " seeds from " +
                             std::to_string(options.from) + ", " + std::to_string(sums.steps) +
                             " steps, " + std::to_string(sums.calls) + " calls, " +
                             (sums.failing_seed == 0 ? "0 violations" : "a violation");
  test::write_proof(
      {"simulation",
       "S1 to S9 hold after every step of the simulated fleet, and it converges after every heal",
       figure, sums.failing_seed == 0 && sums.seeds > 0});
}

int main_of(const Options& options) {
  if (options.seed) return run_one(*options.seed);
  const auto begun = std::chrono::steady_clock::now();
  const Sums sums = run_all(options);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::printf(
      "%llu seeds, %llu steps, %llu calls, %llu turns in %.1f s (%.0f steps a second): %s\n",
      static_cast<unsigned long long>(sums.seeds), static_cast<unsigned long long>(sums.steps),
      static_cast<unsigned long long>(sums.calls), static_cast<unsigned long long>(sums.turns),
      seconds, static_cast<double>(sums.steps) / seconds,
      sums.failing_seed == 0 ? "0 violations" : "a violation");
  std::fflush(stdout);
  prove(options, sums);
  if (sums.failing_seed == 0) return sums.seeds > 0 ? 0 : 2;
  if (options.quiet) {
    std::cout << "seed " << sums.failing_seed << " violates " << sums.rule << std::endl;
  } else {
    explain(sums.failing_seed);
  }
  return 1;
}

}  // namespace
}  // namespace mosaic::simulation

int main(int argc, char** argv) {
  try {
    return mosaic::simulation::main_of(mosaic::simulation::parse(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "mosaic_simulate: " << error.what() << "\n";
    return 2;
  }
}
