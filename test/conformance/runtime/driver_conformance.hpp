// What every RuntimeDriver keeps to, whatever engine is behind it: the reconcilers rely on each of these rules.
//
// What a driver says that it cannot do (EngineCapabilities) is asked of it only to be refused.
//
// A harness gives the driver and plays the world around it:
//   RuntimeDriver& driver();
//   AgentIdentity agent(const std::string& owner);      // of this test, distinct for distinct owners
//   std::string image();                                // present; runs until it is told to end
//   std::string add_foreign_container(const std::string& name);   // running, not ours; its id
//   std::string add_foreign_network(const std::string& name);
//   bool foreign_container_runs(const std::string& id);
//   bool foreign_network_exists(const std::string& name);
//   void human_kills(const std::string& container_id);
//   void human_removes(const std::string& container_id);          // docker rm -f
//   void leave_helper_behind();                                   // as a killed process does
//   bool has_helper();
//   bool human_removes_network(const AgentIdentity& identity);    // by no process in use; false: the engine forbids it
//   bool is_watching(int events_missed);                          // hints are being delivered by now
//   bool eventually(std::function<bool()> condition);             // waits where the engine takes its time
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "runtime/runtime_driver.hpp"
#include "test/conformance/runtime/counting_listener.hpp"

namespace mosaic::conformance {

template <typename Harness>
class DriverConformance : public ::testing::Test {
 protected:
  RuntimeDriver& driver() { return harness_.driver(); }
  ObservedAgent observe(const AgentIdentity& identity) {
    return driver().observe(identity, harness_.image());
  }

  AgentSpec spec_of(const AgentIdentity& identity) {
    AgentSpec spec;
    spec.identity = identity;
    spec.image = harness_.image();
    spec.limits.memory_mb = 128;
    spec.limits.cpu_milli = 500;
    spec.limits.pids = 64;
    spec.gateway_token = "0123456789abcdef";
    spec.spec_hash = "spec-1";
    return spec;
  }
  std::string create(const AgentIdentity& identity) {
    driver().ensure_volumes(identity);
    driver().ensure_network(identity);
    driver().create_container(spec_of(identity));
    return observe(identity).container.value().id;
  }
  std::string create_and_start(const AgentIdentity& identity) {
    const std::string id = create(identity);
    driver().start(id);
    return id;
  }
  bool can_pause() { return driver().info().capabilities.pause; }
  ContainerState state_of(const AgentIdentity& identity) {
    return observe(identity).container.value().state;
  }
  bool becomes(const AgentIdentity& identity, ContainerState state) {
    return harness_.eventually([&] { return state_of(identity) == state; });
  }
  template <typename Call>
  static std::string outcome(Call&& call) {
    try {
      call();
    } catch (const EngineError& error) {
      return "error " + std::to_string(static_cast<int>(error.kind()));
    }
    return "done";
  }
  static std::string error(EngineErrorKind kind) {
    return "error " + std::to_string(static_cast<int>(kind));
  }

  Harness harness_;
};

TYPED_TEST_SUITE_P(DriverConformance);

TYPED_TEST_P(DriverConformance, ShowsNothingOfAnAgentThatHasNothing) {
  const ObservedAgent observed = this->observe(this->harness_.agent("alice"));
  EXPECT_FALSE(observed.container);
  EXPECT_TRUE(observed.name_holder.empty());
  EXPECT_FALSE(observed.held_by_row);
  EXPECT_FALSE(observed.network_exists);
  EXPECT_EQ(observed.volumes, VolumePresence::none);
  EXPECT_EQ(observed.image.availability, ImageAvailability::present);
}

TYPED_TEST_P(DriverConformance, LeadsAnAgentThroughItsLife) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create(alice);
  ContainerView view = this->observe(alice).container.value();
  EXPECT_EQ(view.state, ContainerState::created);
  EXPECT_EQ(view.name, alice.container_name);
  EXPECT_EQ(view.key, alice.key);
  EXPECT_EQ(view.spec_hash, "spec-1");
  EXPECT_EQ(view.memory_mb, 128);
  EXPECT_TRUE(view.endpoint.empty());
  EXPECT_TRUE(view.attached);
  EXPECT_FALSE(view.started_at);
  this->driver().start(id);
  view = this->observe(alice).container.value();
  EXPECT_EQ(view.state, ContainerState::running);
  EXPECT_EQ(view.id, id);
  EXPECT_TRUE(view.started_at);
  EXPECT_TRUE(view.attached);
  EXPECT_NE(view.endpoint.find(':'), std::string::npos);
  // Before it listens it need not have a handler for the signal either.
  ASSERT_TRUE(this->harness_.eventually([&] { return this->harness_.listens(view.endpoint); }));
  this->driver().terminate(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  view = this->observe(alice).container.value();
  EXPECT_EQ(view.exit_code, 0);
  EXPECT_TRUE(view.finished_at);
  EXPECT_TRUE(view.endpoint.empty());
  EXPECT_TRUE(view.attached);
  this->driver().start(id);
  EXPECT_EQ(this->state_of(alice), ContainerState::running);
  this->driver().kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  EXPECT_EQ(this->observe(alice).container.value().exit_code, 137);
}

TYPED_TEST_P(DriverConformance, KeepsVolumesUntilTheyAreRemoved) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create(alice);
  EXPECT_EQ(this->outcome([&] { this->driver().remove_volumes(alice); }),
            this->error(EngineErrorKind::conflict));
  this->driver().remove_container(id);
  ObservedAgent observed = this->observe(alice);
  EXPECT_FALSE(observed.container);
  EXPECT_EQ(observed.volumes, VolumePresence::all);
  EXPECT_TRUE(observed.network_exists);
  this->driver().remove_network(network_name(alice));
  this->driver().remove_volumes(alice);
  observed = this->observe(alice);
  EXPECT_EQ(observed.volumes, VolumePresence::none);
  EXPECT_FALSE(observed.network_exists);
}

TYPED_TEST_P(DriverConformance, MayBeAskedTwice) {
  const AgentIdentity alice = this->harness_.agent("alice");
  RuntimeDriver& driver = this->driver();
  driver.ensure_volumes(alice);
  driver.ensure_volumes(alice);
  driver.ensure_network(alice);
  driver.ensure_network(alice);
  const std::string id = this->create_and_start(alice);
  driver.start(id);
  if (this->can_pause()) {
    driver.pause(id);
    driver.pause(id);
    EXPECT_EQ(this->state_of(alice), ContainerState::paused);
    driver.unpause(id);
    driver.unpause(id);
  }
  EXPECT_EQ(this->state_of(alice), ContainerState::running);
  driver.terminate(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  driver.terminate(id);
  driver.kill(id);
  driver.remove_container(id);
  driver.remove_container(id);
  driver.remove_network(network_name(alice));
  driver.remove_network(network_name(alice));
  driver.remove_volumes(alice);
  driver.remove_volumes(alice);
}

TYPED_TEST_P(DriverConformance, EndsPausedContainersToo) {
  if (!this->can_pause()) GTEST_SKIP() << "this engine pauses nothing";
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create_and_start(alice);
  const std::string endpoint = this->observe(alice).container.value().endpoint;
  this->driver().pause(id);
  EXPECT_EQ(this->observe(alice).container.value().endpoint, endpoint);
  this->driver().kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  this->driver().start(id);
  this->driver().pause(id);
  this->driver().terminate(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
}

TYPED_TEST_P(DriverConformance, RefusesWhatTheStateForbids) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create_and_start(alice);
  RuntimeDriver& driver = this->driver();
  const std::string conflict = this->error(EngineErrorKind::conflict);
  EXPECT_EQ(this->outcome([&] { driver.remove_container(id); }), conflict);
  EXPECT_EQ(this->outcome([&] { driver.remove_network(network_name(alice)); }), conflict);
  EXPECT_EQ(this->state_of(alice), ContainerState::running);
  const bool can_pause = this->can_pause();
  if (can_pause) {
    driver.pause(id);
    EXPECT_EQ(this->outcome([&] { driver.start(id); }), conflict);
    EXPECT_EQ(this->outcome([&] { driver.remove_container(id); }), conflict);
  }
  driver.kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  const std::string refusal = can_pause ? conflict : this->error(EngineErrorKind::refused);
  EXPECT_EQ(this->outcome([&] { driver.pause(id); }), refusal);
  EXPECT_EQ(this->outcome([&] { driver.unpause(id); }), refusal);
}

// Both act inside a process, so there must be one that can act. What an image makes of them is its own affair.
TYPED_TEST_P(DriverConformance, ActsInsideRunningContainersOnly) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create(alice);
  RuntimeDriver& driver = this->driver();
  const std::string conflict = this->error(EngineErrorKind::conflict);
  const auto refuses = [&] {
    EXPECT_EQ(this->outcome([&] { driver.reload_configuration(id); }), conflict);
    EXPECT_EQ(this->outcome([&] { driver.read_schedule(id); }), conflict);
  };
  refuses();
  driver.start(id);
  EXPECT_EQ(this->outcome([&] { driver.read_schedule(id); }), "done");
  EXPECT_NE(this->outcome([&] { driver.reload_configuration(id); }), conflict);
  EXPECT_EQ(this->state_of(alice), ContainerState::running);
  if (this->can_pause()) {
    driver.pause(id);
    refuses();
  }
  driver.kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  refuses();
}

TYPED_TEST_P(DriverConformance, SaysWhenAContainerIsNotThere) {
  RuntimeDriver& driver = this->driver();
  const std::string gone(64, 'a');
  const std::string not_found = this->error(EngineErrorKind::not_found);
  EXPECT_EQ(this->outcome([&] { driver.start(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.terminate(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.kill(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.pause(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.unpause(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.reload_configuration(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.read_schedule(gone); }), not_found);
  EXPECT_EQ(this->outcome([&] { driver.remove_container(gone); }), "done");
  EXPECT_FALSE(driver.memory_use(gone));
}

TYPED_TEST_P(DriverConformance, LeavesAForeignContainerUnderOurNameAlone) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string foreign = this->harness_.add_foreign_container(alice.container_name);
  this->driver().ensure_volumes(alice);
  this->driver().ensure_network(alice);
  EXPECT_EQ(this->outcome([&] { this->driver().create_container(this->spec_of(alice)); }),
            this->error(EngineErrorKind::conflict));
  const ObservedAgent observed = this->observe(alice);
  EXPECT_FALSE(observed.container);
  EXPECT_EQ(observed.name_holder, foreign);
  EXPECT_FALSE(observed.held_by_row);
  EXPECT_TRUE(this->harness_.foreign_container_runs(foreign));
  for (const ListedContainer& listed : this->driver().list_agents())
    EXPECT_NE(listed.container.id, foreign);
}

TYPED_TEST_P(DriverConformance, TellsWhichRowOfOursHoldsTheName) {
  const AgentIdentity alice = this->harness_.agent("alice");
  AgentIdentity bob = this->harness_.agent("bob");
  bob.container_name = alice.container_name;
  this->create(alice);
  const ObservedAgent observed = this->observe(bob);
  EXPECT_FALSE(observed.container);
  EXPECT_FALSE(observed.name_holder.empty());
  EXPECT_EQ(observed.held_by_row, alice.key);
}

TYPED_TEST_P(DriverConformance, FindsARowsContainerUnderAnotherName) {
  AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create_and_start(alice);
  alice.container_name += "-renamed";
  const ObservedAgent observed = this->observe(alice);
  ASSERT_TRUE(observed.container);
  EXPECT_EQ(observed.container->id, id);
  EXPECT_NE(observed.container->name, alice.container_name);
  EXPECT_TRUE(observed.name_holder.empty());
}

TYPED_TEST_P(DriverConformance, NeverTakesTheBeginningOfAnIdForAName) {
  AgentIdentity alice = this->harness_.agent("alice");
  const std::string foreign = this->harness_.add_foreign_container(alice.container_name + "-other");
  alice.container_name = foreign.substr(0, 12);
  EXPECT_TRUE(this->observe(alice).name_holder.empty());
}

TYPED_TEST_P(DriverConformance, SaysOfACreatedContainerWhatTheNextObservationSays) {
  const AgentIdentity alice = this->harness_.agent("alice");
  this->driver().ensure_volumes(alice);
  this->driver().ensure_network(alice);
  const ContainerView created = this->driver().create_container(this->spec_of(alice));
  const ContainerView observed = this->observe(alice).container.value();
  EXPECT_EQ(created.id, observed.id);
  EXPECT_EQ(created.name, observed.name);
  EXPECT_EQ(created.key, observed.key);
  EXPECT_EQ(created.state, observed.state);
  EXPECT_EQ(created.spec_hash, observed.spec_hash);
  EXPECT_EQ(created.memory_mb, observed.memory_mb);
  EXPECT_EQ(created.attached, observed.attached);
  EXPECT_EQ(created.endpoint, observed.endpoint);
  EXPECT_EQ(created.started_at, observed.started_at);
  EXPECT_EQ(created.finished_at, observed.finished_at);
}

// Even right after an observation that saw it: nothing is created on what is known to be gone.
TYPED_TEST_P(DriverConformance, CreatesNothingOnANetworkThatItRemoved) {
  const AgentIdentity alice = this->harness_.agent("alice");
  this->driver().ensure_volumes(alice);
  this->driver().ensure_network(alice);
  EXPECT_TRUE(this->observe(alice).network_exists);
  this->driver().remove_network(network_name(alice));
  EXPECT_EQ(this->outcome([&] { this->driver().create_container(this->spec_of(alice)); }),
            this->error(EngineErrorKind::not_found));
  EXPECT_FALSE(this->observe(alice).container);
}

TYPED_TEST_P(DriverConformance, SaysThatAnImageIsMissing) {
  const AgentIdentity alice = this->harness_.agent("alice");
  this->driver().ensure_volumes(alice);
  this->driver().ensure_network(alice);
  AgentSpec spec = this->spec_of(alice);
  spec.image = "mosaic/there-is-no-such-image:ever";
  EXPECT_EQ(this->outcome([&] { this->driver().create_container(spec); }),
            this->error(EngineErrorKind::image_missing));
  EXPECT_EQ(this->driver().observe(alice, spec.image).image.availability,
            ImageAvailability::absent);
  EXPECT_EQ(this->driver().image(spec.image).availability, ImageAvailability::absent);
}

TYPED_TEST_P(DriverConformance, ListsAllAgentsWithWhatAListingKnows) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const AgentIdentity bob = this->harness_.agent("bob");
  this->create_and_start(alice);
  this->create(bob);
  const std::vector<ListedContainer> listed = this->driver().list_agents();
  ASSERT_EQ(listed.size(), 2U);
  for (const auto& [view] : listed) {
    const bool is_alice = view.key == alice.key;
    EXPECT_EQ(view.key, is_alice ? alice.key : bob.key);
    EXPECT_EQ(view.name, is_alice ? alice.container_name : bob.container_name);
    EXPECT_EQ(view.state, is_alice ? ContainerState::running : ContainerState::created);
    EXPECT_EQ(view.endpoint.empty(), !is_alice);
    EXPECT_EQ(view.spec_hash, "spec-1");
    EXPECT_TRUE(view.attached);
    EXPECT_FALSE(view.started_at);
  }
  const std::vector<ListedNetwork> networks = this->driver().list_networks();
  ASSERT_EQ(networks.size(), 2U);
  for (const ListedNetwork& network : networks) {
    EXPECT_EQ(network.name, network_name(network.key == alice.key ? alice : bob));
  }
}

TYPED_TEST_P(DriverConformance, GivesEveryAgentItsOwnAddress) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const AgentIdentity bob = this->harness_.agent("bob");
  this->create_and_start(alice);
  this->create_and_start(bob);
  EXPECT_NE(this->observe(alice).container.value().endpoint,
            this->observe(bob).container.value().endpoint);
}

TYPED_TEST_P(DriverConformance, ShowsWhatAHumanHasDone) {
  const AgentIdentity alice = this->harness_.agent("alice");
  std::string id = this->create_and_start(alice);
  this->harness_.human_kills(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  this->harness_.human_removes(id);
  ASSERT_TRUE(this->harness_.eventually([&] { return !this->observe(alice).container; }));
  EXPECT_EQ(this->observe(alice).volumes, VolumePresence::all);
}

TYPED_TEST_P(DriverConformance, KnowsANetworkThatWasMadeAnewFromTheOldOne) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create_and_start(alice);
  this->driver().kill(id);
  ASSERT_TRUE(this->becomes(alice, ContainerState::exited));
  if (!this->harness_.human_removes_network(alice))
    GTEST_SKIP() << "this engine keeps a network as long as an agent is attached to it";
  EXPECT_FALSE(this->observe(alice).network_exists);
  EXPECT_FALSE(this->observe(alice).container.value().attached);
  EXPECT_EQ(this->outcome([&] { this->driver().start(id); }),
            this->error(EngineErrorKind::not_found));
  this->driver().ensure_network(alice);
  EXPECT_TRUE(this->observe(alice).network_exists);
  EXPECT_FALSE(this->observe(alice).container.value().attached);
  this->driver().remove_container(id);
  this->create_and_start(alice);
  EXPECT_TRUE(this->observe(alice).container.value().attached);
}

TYPED_TEST_P(DriverConformance, RemovesWhatAKilledProcessLeftAndNothingElse) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create_and_start(alice);
  this->harness_.leave_helper_behind();
  ASSERT_TRUE(this->harness_.has_helper());
  this->driver().remove_leftovers();
  EXPECT_FALSE(this->harness_.has_helper());
  this->driver().remove_leftovers();
  EXPECT_EQ(this->observe(alice).container.value().id, id);
}

// Where volumes really go from one node to another, tests of that engine's own say.
TYPED_TEST_P(DriverConformance, MovesNoVolumesToANodeThatThereIsNot) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string id = this->create(alice);
  this->driver().remove_container(id);
  const MoveView view = this->driver().look_at_move(alice, "nowhere");
  EXPECT_EQ(view.stage, MoveStage::impossible);
  EXPECT_FALSE(view.detail.empty());
  const bool moves = this->driver().info().capabilities.move;
  for (const MoveStep step : {MoveStep::begin_copy, MoveStep::keep_copy, MoveStep::leave_state}) {
    EXPECT_EQ(this->outcome([&] { this->driver().advance_move(alice, "nowhere", step); }),
              this->error(moves ? EngineErrorKind::conflict : EngineErrorKind::refused));
  }
  EXPECT_FALSE(this->observe(alice).copy_under_way);
  EXPECT_EQ(this->observe(alice).volumes, VolumePresence::all);
}

// The network is named after the owner, and belongs to the row whose id it bears.
TYPED_TEST_P(DriverConformance, MakesTheNetworkOfAnOwnersEarlierRowAnew) {
  const AgentIdentity before = this->harness_.agent("alice");
  AgentIdentity now = before;
  now.key.name += "2";
  this->driver().ensure_network(before);
  EXPECT_FALSE(this->observe(now).network_exists);
  this->driver().ensure_network(now);
  EXPECT_TRUE(this->observe(now).network_exists);
  EXPECT_FALSE(this->observe(before).network_exists);
  this->driver().remove_network(network_name(now));
}

TYPED_TEST_P(DriverConformance, LeavesAForeignNetworkAlone) {
  const AgentIdentity alice = this->harness_.agent("alice");
  const std::string name = this->harness_.add_foreign_network(network_name(alice));
  this->driver().remove_network(name);
  EXPECT_TRUE(this->harness_.foreign_network_exists(name));
  EXPECT_FALSE(this->observe(alice).network_exists);
  EXPECT_EQ(this->outcome([&] { this->driver().ensure_network(alice); }),
            this->error(EngineErrorKind::conflict));
  EXPECT_TRUE(this->harness_.foreign_network_exists(name));
}

TYPED_TEST_P(DriverConformance, HintsAtEveryChangeOfAnAgent) {
  const AgentIdentity alice = this->harness_.agent("alice");
  CountingListener listener;
  this->driver().watch(listener);
  ASSERT_TRUE(
      this->harness_.eventually([&] { return this->harness_.is_watching(listener.missed()); }));
  const auto next = [&](const std::function<void()>& change) {
    const int before = listener.count(alice.key);
    change();
    return this->harness_.eventually([&] { return listener.count(alice.key) > before; });
  };
  std::string id;
  EXPECT_TRUE(next([&] { id = this->create(alice); }));
  EXPECT_TRUE(next([&] { this->driver().start(id); }));
  if (this->can_pause()) {
    EXPECT_TRUE(next([&] { this->driver().pause(id); }));
    EXPECT_TRUE(next([&] { this->driver().unpause(id); }));
  }
  EXPECT_TRUE(next([&] { this->harness_.human_kills(id); }));
  EXPECT_TRUE(next([&] { this->harness_.human_removes(id); }));
  this->driver().stop_watching();
  const int before = listener.count(alice.key);
  this->create(alice);
  EXPECT_EQ(listener.count(alice.key), before);
}

REGISTER_TYPED_TEST_SUITE_P(
    DriverConformance, ShowsNothingOfAnAgentThatHasNothing, LeadsAnAgentThroughItsLife,
    KeepsVolumesUntilTheyAreRemoved, MayBeAskedTwice, EndsPausedContainersToo,
    RefusesWhatTheStateForbids, ActsInsideRunningContainersOnly, SaysWhenAContainerIsNotThere,
    LeavesAForeignContainerUnderOurNameAlone, TellsWhichRowOfOursHoldsTheName,
    FindsARowsContainerUnderAnotherName, NeverTakesTheBeginningOfAnIdForAName,
    SaysOfACreatedContainerWhatTheNextObservationSays, CreatesNothingOnANetworkThatItRemoved,
    SaysThatAnImageIsMissing, ListsAllAgentsWithWhatAListingKnows, GivesEveryAgentItsOwnAddress,
    ShowsWhatAHumanHasDone, KnowsANetworkThatWasMadeAnewFromTheOldOne,
    RemovesWhatAKilledProcessLeftAndNothingElse, MovesNoVolumesToANodeThatThereIsNot,
    MakesTheNetworkOfAnOwnersEarlierRowAnew, LeavesAForeignNetworkAlone,
    HintsAtEveryChangeOfAnAgent);

}  // namespace mosaic::conformance
