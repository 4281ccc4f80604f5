#include "test/faults/fault_test.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "test/faults/fault_list.hpp"
#include "test/proof.hpp"

namespace mosaic::faults {
namespace {

struct Line {
  std::string fault, injected, invariants, figure;
  int injections = 0;
  bool held = false;
};

void print(const Line& line, int number) {
  std::cout << "| " << number << " | " << line.fault << " | " << line.injected << " | "
            << line.injections << " | " << line.invariants << " | "
            << (line.held ? "held" : "NOT HELD") << " | " << line.figure << " |\n";
}

// Of this program's whole run: printed once more when all tests are over.
class Table : public testing::Environment {
 public:
  void add(int number, Line line) { lines_[number] = std::move(line); }
  void TearDown() override {
    if (lines_.empty()) return;
    std::cout << "| # | fault | injected | times | invariant | result | measured |\n"
              << "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const auto& [number, line] : lines_) print(line, number);
    const auto held = std::count_if(lines_.begin(), lines_.end(),
                                    [](const auto& line) { return line.second.held; });
    const std::string all = std::to_string(held) + "/" + std::to_string(fault_list.size());
    std::cout << "faults held: " << all << "; not run:" << not_run() << std::endl;
    // Who chose some of them asked for no verdict about all.
    if (testing::GTEST_FLAG(filter) != "*") return;
    test::write_proof({"faults", "every fault of the list is held", all + " held",
                       held == static_cast<std::ptrdiff_t>(fault_list.size())});
  }

 private:
  std::string not_run() const {
    std::string numbers;
    for (int number = 1; number <= static_cast<int>(fault_list.size()); ++number) {
      if (!lines_.contains(number)) numbers += " " + std::to_string(number);
    }
    return numbers.empty() ? " none" : numbers;
  }

  std::map<int, Line> lines_;
};

// Owned by GoogleTest.
Table& table() {
  static auto* const the_table = new Table;
  static const auto* const registered = testing::AddGlobalTestEnvironment(the_table);
  return registered == nullptr ? *the_table : *the_table;
}

// 1 without it.
int times_as_many() {
  const char* text = std::getenv("MOSAIC_FAULTS");
  return text == nullptr || *text == '\0' ? 1 : std::atoi(text);
}

// What the product must not do to rows, written down by the database itself.
constexpr const char* rewrite_trap[] = {R"(CREATE TABLE "fault_rewrites" ("what" TEXT NOT NULL))",
                                        R"(
CREATE FUNCTION fault_note_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('application_name') NOT LIKE 'mosaic%' THEN RETURN NULL; END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD."deletionRequestedAt" IS NULL THEN
      INSERT INTO "fault_rewrites" VALUES (OLD."id" || ' was deleted');
    END IF;
  ELSIF ROW(NEW."id", NEW."userId", NEW."containerName", NEW."gatewayToken", NEW."idleTimeoutMin", NEW."desiredState",
            NEW."generation", NEW."restartedAt", NEW."image", NEW."memoryMb", NEW."cpuMilli",
            NEW."deletionRequestedAt", NEW."purge")
     IS DISTINCT FROM
     ROW(OLD."id", OLD."userId", OLD."containerName", OLD."gatewayToken", OLD."idleTimeoutMin", OLD."desiredState",
         OLD."generation", OLD."restartedAt", OLD."image", OLD."memoryMb", OLD."cpuMilli",
         OLD."deletionRequestedAt", OLD."purge") THEN
    INSERT INTO "fault_rewrites" VALUES (OLD."id" || ' was rewritten');
  END IF;
  RETURN NULL;
END
$$)",
                                        R"(
CREATE TRIGGER "fault_rewrites" AFTER UPDATE OR DELETE ON "UserContainer"
  FOR EACH ROW EXECUTE FUNCTION fault_note_rewrite())"};

}  // namespace

FleetOptions with_short_lease(FleetOptions options) {
  options.controller_arguments.insert(options.controller_arguments.end(),
                                      {"--lease-seconds", std::to_string(lease_seconds)});
  return options;
}

FleetOptions on_database(const std::string& url) {
  FleetOptions options;
  options.database_server = url;
  return with_short_lease(std::move(options));
}

std::filesystem::path folder_for(const std::string& name) {
  return std::filesystem::temp_directory_path() /
         ("faults-" + std::to_string(::getpid()) + "-" + name);
}

milliseconds since(Time::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Time::now() - begin);
}

FaultTest::FaultTest(FleetOptions options)
    : fleet(std::move(options)),
      engine(fleet.engine().address()),
      database(fleet.database().url()),
      agents(fleet, 1, 0),
      watch(fleet.engine().address(), fleet.instance()) {}

FaultTest::~FaultTest() = default;

void FaultTest::SetUp() {
  table();
  install_rewrite_trap();
  fleet.place_controller(ControllerPlace{database.url(), engine.url(), false});
  fleet.start_api();
  fleet.start_controller();
  ASSERT_TRUE(fleet.leads());
}

void FaultTest::TearDown() {
  engine.pass_everything();
  database.pass_everything();
  for (const auto& violation : watch.violations()) ADD_FAILURE() << violation;
  if (!IsSkipped()) {
    EXPECT_GT(watch.looks(), 0);
    look_for_secrets();
    look_for_rewrites();
    report();
  }
  if (HasFailure()) GTEST_LOG_(INFO) << fleet.story();
  fleet.end_processes();  // nothing goes through the proxies any more
}

void FaultTest::fault(int number, const std::string& injected, const std::string& invariants) {
  number_ = number;
  injected_ = injected;
  invariants_ = invariants;
}

bool FaultTest::long_ones_too() { return std::getenv("MOSAIC_FAULTS") != nullptr; }

int FaultTest::injections(int usually) const { return usually * std::max(1, times_as_many()); }

std::vector<int> FaultTest::moments(int all, int usually) const {
  const int wanted = times_as_many() == 0 ? all : std::min(all, injections(usually));
  std::vector<int> chosen;
  chosen.reserve(static_cast<std::size_t>(wanted));
  for (int i = 0; i < wanted; ++i) chosen.push_back(1 + i * all / wanted);
  return chosen;
}

std::vector<std::string> FaultTest::add_running(int count) {
  std::vector<std::string> ids;
  ids.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ids.push_back(agents.add("u" + std::to_string(++owners_), true));
  for (const auto& id : ids) EXPECT_TRUE(fleet.becomes(id, "running"));
  return ids;
}

void FaultTest::kill_controller_and_restart() {
  fleet.controller().kill_hard();
  fleet.start_controller();
}

void FaultTest::force_resync() {
  fleet.database().sql("SELECT pg_notify('mosaic_changed', 'relist')");
}

testing::AssertionResult FaultTest::converges(milliseconds limit) {
  const auto began = Time::now();
  const auto settled = eventually_well(limit, [&] { return agents.unsettled(); });
  longest_heal = std::max(longest_heal, since(began));
  return settled ? is_quiet() : settled;
}

// Once all is well a complete comparison of everything finds nothing to do and nothing to write.
testing::AssertionResult FaultTest::is_quiet() {
  // Judges may still be running when this returns.
  const auto writes = std::make_shared<std::atomic<int>>(0);
  database.after([writes](DatabaseCall& call) {
    if (call.is("write_") && call.changed_a_row()) ++*writes;
    return Fate::pass;
  });
  // What converged a moment ago may have a last status on its way; what is judged begins after one whole comparison.
  auto looked = compares(1);
  *writes = 0;
  const auto changes = engine.changes().size();
  if (looked) looked = compares(2);
  database.after({});
  if (!looked) return looked;
  if (engine.changes().size() != changes) {
    return testing::AssertionFailure()
           << "a resync of a fleet at rest acts: " << engine.changes().back().method << " "
           << engine.changes().back().target;
  }
  if (*writes != 0) {
    return testing::AssertionFailure()
           << "a resync of a fleet at rest writes " << *writes << " times";
  }
  return testing::AssertionSuccess();
}

testing::AssertionResult FaultTest::compares(int times) {
  const auto comparisons = std::make_shared<std::atomic<int>>(0);
  engine.after([comparisons](EngineCall& call) {
    if (call.is("GET", "/containers/json?")) ++*comparisons;
    return Fate::pass;
  });
  const bool compared = eventually(20s, [&] {
    force_resync();
    return *comparisons >= times;
  });
  engine.after({});
  if (compared) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "the controller compared " << *comparisons << " times instead of " << times;
}

std::string FaultTest::only_container_of(const std::string& id) {
  const auto containers = fleet.containers_of(id);
  EXPECT_EQ(containers.size(), 1u) << id;
  return containers.empty() ? "" : containers.front().id;
}

std::string FaultTest::started_at(const std::string& container) {
  return fleet.engine().inspect(container).at("State").at("StartedAt");
}

std::string FaultTest::state_folder(const std::string& owner) {
  return fleet.engine().docker(
      {"volume", "inspect", "--format", "{{.Mountpoint}}",
       "mosaic-" + fleet.instance().substr(0, 8) + "-user-" + owner + "-state"});
}

void FaultTest::write_memory(const std::string& owner) {
  std::ofstream(state_folder(owner) + "/remembered") << owner;
}

bool FaultTest::remembers(const std::string& owner) {
  return e2e::file_text(state_folder(owner) + "/remembered") == owner;
}

std::int64_t FaultTest::term() {
  return fleet.database().sql(R"(SELECT "term" FROM "ControllerLease")")[0][0].as<std::int64_t>();
}

void FaultTest::install_rewrite_trap() {
  for (const char* statement : rewrite_trap) fleet.database().sql(statement);
}

void FaultTest::look_for_rewrites() {
  for (const auto& row : fleet.database().sql(R"(SELECT DISTINCT "what" FROM "fault_rewrites")"))
    ADD_FAILURE() << "S7: " << row[0].c_str();
}

// Logs, rows and labels; the secrets of these tests are known by how they begin.
void FaultTest::look_for_secrets() {
  std::string everything;
  for (const auto& file : std::filesystem::directory_iterator(fleet.folder())) {
    if (file.path().extension() == ".log") everything += e2e::file_text(file.path());
  }
  for (const auto& row : fleet.database().sql(
           R"(SELECT "message" FROM "AgentEvent"
              UNION ALL SELECT "lastError" FROM "UserContainer" WHERE "lastError" IS NOT NULL
              UNION ALL SELECT "conditions"::text FROM "UserContainer")"))
    everything += row[0].c_str();
  for (const auto& container : fleet.engine().containers(fleet.instance())) {
    const auto seen = fleet.engine().inspect(container.id);
    if (!seen.is_null()) everything += seen.at("Config").at("Labels").dump();
  }
  for (const std::string secret : {"key-of-", "token-of-", "a secret of the end-to-end tests"})
    EXPECT_EQ(everything.find(secret), std::string::npos) << "S5: a secret was told: " << secret;
}

void FaultTest::report() {
  ASSERT_GT(number_, 0) << "the test names no fault";
  ASSERT_LE(number_, static_cast<int>(fault_list.size())) << "the list has no such fault";
  EXPECT_GT(injections_, 0) << "nothing was injected";
  Line line;
  line.fault = fault_list[static_cast<std::size_t>(number_) - 1];
  line.injected = injected_;
  line.invariants = invariants_;
  line.injections = injections_;
  line.held = !HasFailure();
  line.figure = figure_.empty() ? "" : figure_ + "; ";
  line.figure += "longest heal " + std::to_string(longest_heal.count()) + " ms";
  print(line, number_);
  table().add(number_, line);
  const std::string claim = std::to_string(number_) + " " + line.fault + " (" + injected_ + ")";
  const std::string figures =
      std::to_string(injections_) + " injections, " + invariants_ + ", " + line.figure;
  test::write_proof({"faults", claim, figures, line.held});
}

}  // namespace mosaic::faults
