// write_benchmark --pgbench=PROGRAM --folder=DIR --figures=FILE --seconds=N: desired-state writes as the API makes them
// (in its role of the database), against pgbench running the same statements on the same rows over as many connections,
// in turn; pgbench as the tables' owner, so the role's cost is in the figures.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <regex>
#include <thread>
#include <vector>

#include "bench/database.hpp"
#include "bench/figure.hpp"
#include "bench/words.hpp"
#include "model/clock.hpp"
#include "store/api_role.hpp"
#include "store/database.hpp"
#include "store/postgres_settings_store.hpp"
#include "store/postgres_store.hpp"

namespace mosaic::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int agents = 1'000;
constexpr int connections = 4;
constexpr int rounds = 3;  // of ours and pgbench's, in turn

void insert_agents(BenchDatabase& database) {
  database.sql(
      R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "updatedAt")
         SELECT 'agent-' || n, 'user-' || n, 'mosaic-user-' || n, 'enc:x', now()
         FROM generate_series(0, 999) AS n)");
}

ResourceKey key_of(int number) {
  return ResourceKey(ResourceKind::user_container, "agent-" + std::to_string(number % agents));
}

std::string owner_of(int number) { return "user-" + std::to_string(number % agents); }

// One write after the other on each of the connections; how many a second all together.
double writes_per_second(const std::function<void(int number)>& write, std::chrono::seconds time) {
  std::atomic<int> count = 0;
  const auto began = SteadyClock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      for (int number = i * 251; SteadyClock::now() - began < time; number += 7) {
        write(number);
        ++count;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return count / std::chrono::duration<double>(SteadyClock::now() - began).count();
}

double pgbench_per_second(const Words& words, const std::string& url, const std::string& script) {
  const auto file = words.text("folder") + "/write.sql";
  std::ofstream(file) << "\\set number random(0, 999)\n" << script;
  const auto command = words.text("pgbench") + " -n -M prepared -c " + std::to_string(connections) +
                       " -j " + std::to_string(connections) + " -T " + words.text("seconds") +
                       " -f " + file + " '" + url + "' 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  for (char line[512]; fgets(line, sizeof line, pipe.get()) != nullptr;) output += line;
  std::smatch found;
  if (!std::regex_search(output, found, std::regex("tps = ([0-9.]+)")))
    throw std::runtime_error("pgbench said: " + output);
  return std::stod(found[1]);
}

struct Write {
  std::string name;
  std::string script;  // the store's own statement, as pgbench has it
  std::function<void(int number)> write;
};

void measure(const Words& words, const std::string& url, const Write& write) {
  const std::chrono::seconds time(words.number("seconds", 4));
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    ours.push_back(writes_per_second(write.write, time));
    theirs.push_back(pgbench_per_second(words, url, write.script));
    ratios.push_back(ours.back() / theirs.back());
  }
  Figure figure;
  figure.name = write.name;
  figure.unit = "/s";
  figure.ours = percentile(ours, 0.5);
  figure.reference = percentile(theirs, 0.5);
  figure.comparison = Comparison::ratio;
  figure.result = percentile(ratios, 0.5);
  figure.target = 0.7;
  figure.at_least = true;
  figure.note = "against pgbench with the same statement, 4 connections; median of 3 pairs";
  append_figure(words.text("figures"), figure);
}

void run(const Words& words) {
  BenchDatabase bench;
  insert_agents(bench);
  DatabaseOptions options;
  options.url = bench.url();
  options.connections = connections;
  const ApiRoleState role = ApiRole(options).establish();
  if (!role.in_force) throw std::runtime_error(role.hindrance);
  Database database(acting_as(role, options));
  PostgresStore store(database);
  PostgresSettingsStore settings(database);
  const SystemClock clock;
  const Write touch{
      "desired-state write: touch",
      R"(UPDATE "UserContainer" SET "lastActiveAt" = GREATEST("lastActiveAt", now()::timestamp(3)))"
      R"( WHERE "id" = 'agent-' || :number;)",
      [&](int number) { store.touch(key_of(number), clock.now()); }};
  // One statement too, though ours is confined to the owner's rows, which takes a transaction around it.
  const Write own{
      "desired-state write: touch of one's own agent",
      R"(UPDATE "UserContainer" SET "lastActiveAt" = GREATEST("lastActiveAt", now()::timestamp(3)))"
      R"( WHERE "userId" = 'user-' || :number;)",
      [&](int number) { settings.touch_user_agent(owner_of(number), clock.now()); }};
  const Write record{
      "desired-state write: activity of one agent",
      R"(SELECT mosaic_record_activity('api', now()::timestamp(3), ARRAY['agent-' || :number]::text[], )"
      R"(ARRAY[now() + interval '30 s']::timestamp(3)[], ARRAY[true]);)",
      [&](int number) {
        const auto now = clock.now();
        store.record_activity({"api", now, {{key_of(number), now + std::chrono::seconds(30)}}, {}});
      }};
  measure(words, bench.url(), touch);
  measure(words, bench.url(), own);
  measure(words, bench.url(), record);
}

}  // namespace
}  // namespace mosaic::bench

int main(int count, char** arguments) {
  try {
    mosaic::bench::run({count, arguments, {"pgbench", "folder", "figures", "seconds"}});
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "write_benchmark: " << error.what() << '\n';
    return 1;
  }
}
