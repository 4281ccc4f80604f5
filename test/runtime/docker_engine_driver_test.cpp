// What only a real engine can show.
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>

#include "runtime/docker/container_template.hpp"
#include "test/conformance/runtime/counting_listener.hpp"
#include "test/runtime/docker_engine_fixture.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

TEST(DockerEngine, TellsWhatItIs) {
  DockerLab lab;
  const EngineInfo info = lab.driver().info();
  EXPECT_TRUE(info.name.starts_with("Docker "));
  EXPECT_TRUE(info.api_version.starts_with("1."));
  EXPECT_GT(info.memory_mb, 0);
  EXPECT_GT(info.cpus, 0);
  EXPECT_FALSE(info.data_root.empty());
  EXPECT_TRUE(info.capabilities.pause);
  EXPECT_FALSE(info.capabilities.hibernate);
  EXPECT_EQ(info.capabilities.hibernate_reason, "not part of this test");
}

TEST(DockerEngine, PutsTheBaselineInForceInsideTheContainer) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  const std::string id = lab.create(alice);
  lab.driver().start(id);
  const std::string status = lab.run_inside(id, {"cat", "/proc/self/status"});
  EXPECT_NE(status.find("CapEff:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("CapBnd:\t0000000000000000"), std::string::npos) << status;
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos) << status;
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
  EXPECT_NE(status.find("Uid:\t1000\t1000"), std::string::npos) << status;
  const auto writable = [&](const std::string& path) {
    return lab.run_inside(id, {"sh", "-c", "echo x > " + path + "/probe"}).ends_with("exit=0");
  };
  EXPECT_TRUE(writable("/tmp"));
  EXPECT_TRUE(writable("/home/node/.openclaw"));
  EXPECT_TRUE(writable("/home/node/workspace"));
  EXPECT_FALSE(writable("/home/node"));
  EXPECT_FALSE(writable("/etc"));
  const std::string limits = lab.run_inside(id, {"sh", "-c", "ulimit -n; ulimit -c; hostname"});
  EXPECT_NE(limits.find("8192"), std::string::npos) << limits;
  EXPECT_NE(limits.find(host_name(alice)), std::string::npos) << limits;
  const json inspected = lab.get("/containers/" + id + "/json");
  EXPECT_TRUE(inspected["HostConfig"]["Binds"].is_null());
  EXPECT_TRUE(inspected["NetworkSettings"]["Ports"].is_null() ||
              inspected["NetworkSettings"]["Ports"].empty() ||
              inspected["NetworkSettings"]["Ports"].begin().value().is_null());
  EXPECT_EQ(inspected["HostConfig"]["Memory"], inspected["HostConfig"]["MemorySwap"]);
}

TEST(DockerEngine, KeepsStateOverStopAndRecreation) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  std::string id = lab.create(alice);
  lab.driver().start(id);
  lab.run_inside(id, {"sh", "-c", "echo remembered > /home/node/.openclaw/note"});
  lab.driver().kill(id);
  ASSERT_TRUE(lab.eventually([&] {
    return lab.driver().observe(alice, lab.image()).container.value().state ==
           ContainerState::exited;
  }));
  lab.driver().remove_container(id);
  id = lab.create(alice);
  lab.driver().start(id);
  EXPECT_NE(lab.run_inside(id, {"cat", "/home/node/.openclaw/note"}).find("remembered"),
            std::string::npos);
}

TEST(DockerEngine, ReadsTheExitCodeOfAProcessThatEndsByItself) {
  DockerLab lab(
      [](DockerSettings& settings) { settings.extra_environment["MOSAIC_TEST_EXIT_CODE"] = "78"; });
  const AgentIdentity alice = lab.agent("alice");
  const std::string id = lab.create(alice);
  lab.driver().start(id);
  ASSERT_TRUE(lab.eventually([&] {
    return lab.driver().observe(alice, lab.image()).container.value().state ==
           ContainerState::exited;
  }));
  const ContainerView view = lab.driver().observe(alice, lab.image()).container.value();
  EXPECT_EQ(view.exit_code, 78);
  EXPECT_FALSE(view.oom_killed);
}

TEST(DockerEngine, SeesThatTheKernelEndedAProcessForMemory) {
  DockerLab lab([](DockerSettings& settings) {
    settings.command_override = {"sh", "-c", "tail /dev/zero"};
  });
  const AgentIdentity alice = lab.agent("alice");
  lab.driver().ensure_volumes(alice);
  lab.driver().ensure_network(alice);
  AgentSpec spec = lab.spec_of(alice);
  spec.limits.memory_mb = 16;
  lab.driver().create_container(spec);
  lab.driver().start(lab.driver().observe(alice, lab.image()).container.value().id);
  ASSERT_TRUE(lab.eventually([&] {
    return lab.driver().observe(alice, lab.image()).container.value().state ==
           ContainerState::exited;
  }));
  const ContainerView view = lab.driver().observe(alice, lab.image()).container.value();
  EXPECT_TRUE(view.oom_killed);
  EXPECT_EQ(view.exit_code, 137);
}

TEST(DockerEngine, RunsOutOfSubnetsWithAWordOnWhatToDo) {
  DockerLab lab([](DockerSettings& settings) { settings.subnet_range = "10.218.0.0/28"; });
  lab.driver().ensure_network(lab.agent("alice"));
  lab.driver().ensure_network(lab.agent("bob"));
  try {
    lab.driver().ensure_network(lab.agent("carol"));
    FAIL() << "a third network of /29 in a /28";
  } catch (const EngineError& error) {
    EXPECT_EQ(error.kind(), EngineErrorKind::subnets_exhausted);
    EXPECT_NE(std::string(error.what()).find("10.218.0.0/28"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("wider"), std::string::npos) << error.what();
  }
  lab.driver().remove_network(network_name(lab.agent("alice")));
  lab.driver().ensure_network(lab.agent("carol"));
}

TEST(DockerEngine, StepsAroundSubnetsOfOthers) {
  DockerLab lab([](DockerSettings& settings) { settings.subnet_range = "10.219.0.0/24"; });
  const json made = lab.post(
      "/networks/create", {{"Name", "foreign-" + lab.settings().instance},
                           {"Driver", "bridge"},
                           {"IPAM", {{"Config", json::array({{{"Subnet", "10.219.0.0/28"}}})}}}});
  lab.remove_later("/networks/" + made["Id"].get<std::string>());
  lab.driver().ensure_network(lab.agent("alice"));
  const json network = lab.get("/networks/" + network_name(lab.agent("alice")));
  EXPECT_EQ(network["IPAM"]["Config"][0]["Subnet"], "10.219.0.16/29");
  EXPECT_EQ(network["IPAM"]["Config"][0]["Gateway"], "10.219.0.17");
}

TEST(DockerEngine, GivesNetworksToManyAtOnce) {
  DockerLab lab;
  const auto second = lab.another_driver();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      DockerDriver& driver = i % 2 == 0 ? lab.driver() : *second;
      driver.ensure_network(lab.agent("user" + std::to_string(i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lab.driver().list_networks().size(), 8U);
}

TEST(DockerEngine, ReplacesTheIdleNetworkOfAFormerRowOfTheSameOwner) {
  DockerLab lab;
  AgentIdentity alice = lab.agent("alice");
  lab.driver().ensure_network(alice);
  alice.key.name = "another-row";
  lab.driver().ensure_network(alice);
  const std::vector<ListedNetwork> networks = lab.driver().list_networks();
  ASSERT_EQ(networks.size(), 1U);
  EXPECT_EQ(networks.front().key, alice.key);
}

TEST(DockerEngine, MakesVolumesWritableWhereAnImageLacksTheFolders) {
  DockerLab lab;
  // The same image without the two folders.
  const json made =
      lab.post("/containers/create",
               {{"Image", lab.image()},
                {"User", "0:0"},
                {"Entrypoint", {"rm", "-rf", "/home/node/.openclaw", "/home/node/workspace"}},
                {"Cmd", json::array()}});
  const std::string id = made["Id"];
  lab.remove_later("/containers/" + id + "?force=true");
  lab.post("/containers/" + id + "/start", nullptr);
  ASSERT_EQ(lab.post("/containers/" + id + "/wait", nullptr)["StatusCode"], 0);
  const std::string bare = "mosaic/bare-" + lab.settings().instance + ":test";
  lab.post("/commit?container=" + id + "&repo=mosaic/bare-" + lab.settings().instance + "&tag=test",
           nullptr);
  lab.remove_later("/images/" + bare);
  const AgentIdentity alice = lab.agent("alice");
  lab.driver().ensure_volumes(alice);
  lab.driver().ensure_network(alice);
  AgentSpec spec = lab.spec_of(alice);
  spec.image = bare;
  lab.driver().create_container(spec);
  const std::string agent = lab.driver().observe(alice, bare).container.value().id;
  lab.driver().start(agent);
  const std::string output = lab.run_inside(
      agent, {"sh", "-c", "id -u && touch /home/node/.openclaw/a /home/node/workspace/b"});
  EXPECT_TRUE(output.ends_with("exit=0")) << output;
  EXPECT_EQ(lab.driver().list_agents().size(), 1U) << "a helper was left or taken for an agent";
  lab.human_removes(agent);
}

TEST(DockerEngine, NeverShowsTheTokenOutsideTheEnvironment) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  const std::string id = lab.create(alice);
  json inspected = lab.get("/containers/" + id + "/json");
  inspected["Config"].erase("Env");
  EXPECT_EQ(inspected.dump().find(lab.spec_of(alice).gateway_token), std::string::npos);
}

TEST(DockerEngine, HintsThatANetworkWasRemoved) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  lab.driver().ensure_network(alice);
  conformance::CountingListener listener;
  lab.driver().watch(listener);
  ASSERT_TRUE(lab.eventually([&] { return listener.missed() > 0; }));
  lab.human_removes_network(alice);
  EXPECT_TRUE(lab.eventually([&] { return listener.count(alice.key) > 0; }));
  EXPECT_TRUE(lab.driver().vitals().last_event_at);
  lab.driver().stop_watching();
}

TEST(DockerEngine, SaysWhyAPullFailed) {
  DockerLab lab;
  const std::string image = "127.0.0.1:9/mosaic/nothing:here";
  lab.driver().begin_pull(image);
  ASSERT_TRUE(lab.eventually(
      [&] { return lab.driver().image(image).availability == ImageAvailability::failed; }));
  EXPECT_NE(lab.driver().image(image).detail.find("cannot pull " + image), std::string::npos)
      << lab.driver().image(image).detail;
}

std::chrono::microseconds median_of(const std::function<void()>& call) {
  std::vector<std::chrono::nanoseconds> times;
  for (int i = 0; i < 101; ++i) {
    const auto began = std::chrono::steady_clock::now();
    call();
    times.push_back(std::chrono::steady_clock::now() - began);
  }
  std::nth_element(times.begin(), times.begin() + 50, times.end());
  return std::chrono::duration_cast<std::chrono::microseconds>(times[50]);
}

TEST(DockerEngine, AddsLittleToTheEnginesOwnTime) {
  DockerLab lab;
  const AgentIdentity alice = lab.agent("alice");
  const std::string id = lab.create(alice);
  lab.driver().start(id);
  HttpClient bare(lab.settings().endpoint.http);
  HttpRequest request;
  request.target = "/v1.41/containers/" + id + "/json";
  const auto own = median_of([&] { bare.call(request, WaitLimit::in(std::chrono::seconds(5))); });
  const auto ours = median_of([&] { lab.driver().observe(alice, lab.image()); });
  std::cout << "inspect alone " << own.count() << " us, observe " << ours.count() << " us\n";
#ifdef NDEBUG
  EXPECT_LT((ours - own).count(), 1000);
#endif
  lab.driver().kill(id);
  std::cout << "observe of a stopped one "
            << median_of([&] { lab.driver().observe(alice, lab.image()); }).count() << " us\n";
}

}  // namespace
}  // namespace mosaic
