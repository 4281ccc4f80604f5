// Volumes of an engine that did half of what it was asked to, and said so or not.
#include <gtest/gtest.h>

#include "model/naming.hpp"
#include "runtime/docker/volume_keeper.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/runtime/docker_test_server.hpp"

namespace mosaic {
namespace {

constexpr auto instance = "0123456789abcdef0123456789abcdef";

// As Docker keeps volumes when its disk is full: the folder is made, and what cannot be written is forgotten.
class ForgetfulEngine {
 public:
  std::string calls() const { return calls_; }
  void put_foreign(const std::string& name) { volumes_[name] = "null"; }
  void fill_disk(bool full) { full_ = full; }

  void serve(DockerTestServer::Connection& connection) {
    for (std::string request = connection.read_request(); !request.empty();
         request = connection.read_request()) {
      const std::string method = request.substr(0, request.find(' '));
      if (request.find("/_ping ") != std::string::npos) {
        connection.answer(200, "OK", ping_fields("1.41"));
      } else if (method == "POST") {
        create(connection, request);
      } else {
        const auto begin = request.find("/volumes/") + 9;
        about(connection, method, request.substr(begin, request.find(' ', begin) - begin));
      }
    }
  }

 private:
  void create(DockerTestServer::Connection& connection, const std::string& request) {
    const bool state = request.find("-state") != std::string::npos;
    const std::string name = state ? "state" : "workspace";
    calls_ += "create " + name + "; ";
    if (full_ && !volumes_.contains(name)) volumes_[name] = "null";
    if (full_) return refuse(connection);
    const std::string ours =
        R"({")" + std::string(label::instance) + R"(": ")" + instance + R"("})";
    volumes_.try_emplace(name, ours);
    connection.answer(201, R"({"Name": ")" + name + R"(", "Labels": )" + volumes_[name] + "}");
  }

  void about(DockerTestServer::Connection& connection, const std::string& method,
             const std::string& full_name) {
    const std::string name = full_name.ends_with("-state") ? "state" : "workspace";
    if (!volumes_.contains(name)) return connection.answer(404, R"({"message": "no such volume"})");
    if (full_) return refuse(connection);
    if (method == "DELETE") {
      calls_ += "delete " + name + "; ";
      volumes_.erase(name);
      return connection.answer(204, "");
    }
    connection.answer(200, R"({"Labels": )" + volumes_[name] + "}");
  }

  static void refuse(DockerTestServer::Connection& connection) {
    connection.answer(500, R"({"message": "write metadata.db: no space left on device"})");
  }

  std::map<std::string, std::string> volumes_;  // their labels
  std::string calls_;
  bool full_ = false;
};

class VolumeKeeperTest : public testing::Test {
 protected:
  VolumeKeeperTest() {
    settings.endpoint = parse_engine_url(server.url(), std::nullopt);
    settings.instance = instance;
    identity.instance = instance;
    identity.key = ResourceKey(ResourceKind::user_container, "c1");
    identity.owner = "alice";
    identity.container_name = "mosaic-user-alice";
  }

  EngineErrorKind ensure_fails(VolumeKeeper& keeper) {
    try {
      keeper.ensure(identity);
    } catch (const EngineError& error) {
      return error.kind();
    }
    throw std::logic_error("the volumes were made");
  }

  ForgetfulEngine forgetful;
  DockerTestServer server{
      [this](DockerTestServer::Connection& connection, int) { forgetful.serve(connection); }};
  DockerSettings settings;
  AgentIdentity identity;
  FakeClock clock;
  EngineClient client{parse_engine_url(server.url(), std::nullopt), clock, nullptr};
};

TEST_F(VolumeKeeperTest, WhatAFullDiskLeftWithoutLabelsIsMadeAnew) {
  VolumeKeeper keeper(client, settings);
  forgetful.fill_disk(true);
  EXPECT_EQ(ensure_fails(keeper), EngineErrorKind::disk_full);
  EXPECT_EQ(ensure_fails(keeper), EngineErrorKind::disk_full);
  forgetful.fill_disk(false);
  keeper.ensure(identity);
  EXPECT_EQ(keeper.presence(identity), VolumePresence::all);
  EXPECT_EQ(forgetful.calls(),
            "create state; create state; delete state; create state; create workspace; ");
}

TEST_F(VolumeKeeperTest, WhatWasThereBeforeTheDiskWasFullIsNeverRemoved) {
  VolumeKeeper keeper(client, settings);
  forgetful.put_foreign("state");
  forgetful.fill_disk(true);
  EXPECT_EQ(ensure_fails(keeper), EngineErrorKind::disk_full);
  forgetful.fill_disk(false);
  EXPECT_EQ(ensure_fails(keeper), EngineErrorKind::conflict);
  EXPECT_EQ(forgetful.calls().find("delete"), std::string::npos);
}

TEST_F(VolumeKeeperTest, AnotherProcessKnowsNothingOfItAndRemovesNothing) {
  VolumeKeeper former(client, settings);
  forgetful.fill_disk(true);
  EXPECT_EQ(ensure_fails(former), EngineErrorKind::disk_full);
  forgetful.fill_disk(false);
  VolumeKeeper successor(client, settings);
  EXPECT_EQ(ensure_fails(successor), EngineErrorKind::conflict);
  EXPECT_EQ(forgetful.calls().find("delete"), std::string::npos);
}

}  // namespace
}  // namespace mosaic
