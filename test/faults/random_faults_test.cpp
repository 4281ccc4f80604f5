// Everything at once, at random, and then nothing any more.
//
// MOSAIC_FAULT_SEED: repeats the changes and the faults of a former run, though not the moments at which they meet.
#include <signal.h>

#include <iostream>

#include "test/faults/fault_test.hpp"

namespace mosaic::faults {
namespace {

constexpr int owners = 10;
constexpr auto storm = 12s;

// Asked by many threads.
class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  bool one_in(int count) {
    const std::lock_guard lock(mutex_);
    return std::uniform_int_distribution<int>(1, count)(random_) == 1;
  }
  int up_to(int highest) {
    const std::lock_guard lock(mutex_);
    return std::uniform_int_distribution<int>(0, highest)(random_);
  }

 private:
  std::mutex mutex_;
  std::mt19937 random_;
};

unsigned chosen_seed() {
  const char* text = std::getenv("MOSAIC_FAULT_SEED");
  return text == nullptr || *text == '\0' ? std::random_device{}()
                                          : static_cast<unsigned>(std::stoul(text));
}

class RandomFaults : public FaultTest {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    std::cout << "seed " << seed << " (again: MOSAIC_FAULT_SEED=" << seed << ")\n";
    // Which may go is judged by the model, which knows who asked for a purge.
    watch.volumes_may_go("");
    start_standby();
  }

  void start_standby() {
    standby_.emplace(fleet.another_controller("standby", {database.url(), engine.url(), false}));
  }

  // Of single calls and events, all the time.
  void begin_losses() {
    const auto dice = dice_;
    engine.before([dice](EngineCall&) { return dice->one_in(40) ? Fate::cut : Fate::pass; });
    engine.after([dice](EngineCall&) { return dice->one_in(40) ? Fate::cut : Fate::pass; });
    database.before([dice](DatabaseCall&) { return dice->one_in(100) ? Fate::cut : Fate::pass; });
    database.after([dice](DatabaseCall&) { return dice->one_in(100) ? Fate::cut : Fate::pass; });
    engine.filter_events([dice](const std::string& line) {
      return std::vector<std::string>(static_cast<std::size_t>(dice->up_to(2)), line);
    });
  }

  // Everything that may be wrong for a while is drawn anew.
  void change_weather() {
    engine.refuse(dice_->one_in(8));
    engine.freeze(dice_->one_in(8));
    database.refuse(dice_->one_in(8));
    database.freeze(dice_->one_in(8));
    database.drop_notifications(dice_->one_in(2));
    if (dice_->one_in(6)) database.cut_listeners();
    for (ChildProcess* controller : {&fleet.controller(), &*standby_})
      controller->signal(dice_->one_in(6) ? SIGSTOP : SIGCONT);
    if (dice_->one_in(6)) kill_controller_and_restart();
    if (dice_->one_in(6)) start_standby();  // the former one is killed
    if (dice_->one_in(4)) meddle();
    supervise();
    inject();
  }

  // A human's hands on any one of the containers.
  void meddle() {
    const auto containers = fleet.engine().containers(fleet.instance());
    if (containers.empty()) return;
    const auto last = static_cast<int>(containers.size()) - 1;
    const auto& one = containers[static_cast<std::size_t>(dice_->up_to(last))];
    try {
      if (dice_->one_in(2)) {
        fleet.engine().docker({"rm", "--force", one.id});
      } else if (one.state == "running") {
        fleet.engine().docker({"pause", one.id});
      }
    } catch (const std::runtime_error&) {
      // The product was quicker, and it is gone or stopped.
    }
  }

  void blow() {
    const auto until = Time::now() + storm;
    auto next_gust = Time::now();
    begin_losses();
    eventually(storm, [&] {
      if (dice_->one_in(3)) model.change_something();
      if (Time::now() >= next_gust) {
        change_weather();
        next_gust = Time::now() + milliseconds(100 + dice_->up_to(900));
      }
      return Time::now() + e2e::poll_interval >= until;
    });
  }

  // As whatever runs controllers does: one that was started without a database in sight says so and ends.
  void supervise() {
    if (!fleet.controller().running()) fleet.start_controller();
    if (!standby_->running()) start_standby();
  }

  testing::AssertionResult calms_down() {
    engine.pass_everything();
    database.pass_everything();
    fleet.controller().signal(SIGCONT);
    standby_->signal(SIGCONT);
    const auto began = Time::now();
    const auto healed = eventually_well(heal_limit, [&] {
      supervise();
      return model.unsettled();
    });
    longest_heal = std::max(longest_heal, since(began));
    return healed ? is_quiet() : healed;
  }

  const unsigned seed = chosen_seed();
  KillFleet model{fleet, seed, owners};

 private:
  std::shared_ptr<Dice> dice_ = std::make_shared<Dice>(seed);
  std::optional<ChildProcess> standby_;
};

TEST_F(RandomFaults, F30_RandomFaultsThenNoneAnyMore) {
  fault(30,
        "every 0.1 to 1 s other ones at random: calls and answers lost, engine or database frozen "
        "or refused, events and "
        "notifications lost or doubled, either of two controllers killed or suspended, human "
        "hands; then none",
        "S1 S2 S5 S7");
  model.forgive_ends();
  model.create_all();
  for (int count = injections(2); count > 0; --count) {
    blow();
    ASSERT_TRUE(calms_down());
  }
  note(std::to_string(model.changes()) + " changes of rows, seed " + std::to_string(seed));
}

}  // namespace
}  // namespace mosaic::faults
