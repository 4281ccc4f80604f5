#include "cli/doctor/host_checks.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "cli/doctor/wall_probe.hpp"
#include "cli/file_descriptor.hpp"

namespace mosaic::cli {
namespace {

constexpr const char* routes_file =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "mosabcdef01\t0800D60A\t00000000\t0001\t0\t0\t0\tF8FFFFFF\t0\t0\t0\n";

TEST(Routes, AreReadAsNetworks) {
  const auto routes = parse_routes(routes_file);
  ASSERT_EQ(routes.size(), 3U);
  EXPECT_EQ(to_string(routes[0].destination), "0.0.0.0/0");
  EXPECT_EQ(to_string(routes[1].destination), "10.213.0.0/16");
  EXPECT_EQ(to_string(routes[2].destination), "10.214.0.8/29");
}

TEST(Subnets, MustNotOverlapWithARouteOfTheMachine) {
  const auto routes = parse_routes(routes_file);
  const Finding finding = check_subnets(*parse_subnet("10.213.0.0/16"), routes);
  EXPECT_EQ(finding.state, Finding::State::fail);
  EXPECT_NE(finding.message.find("eth0"), std::string::npos);
  EXPECT_NE(finding.remedy.find("--agent-subnets"), std::string::npos);
}

TEST(Subnets, MayHoldTheBridgesOfOurOwnAgents) {
  EXPECT_EQ(check_subnets(*parse_subnet("10.214.0.0/16"), parse_routes(routes_file)).state,
            Finding::State::ok);
}

class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(socket_.get(), generic, size) == 0 && ::listen(socket_.get(), 1) == 0 &&
        ::getsockname(socket_.get(), generic, &size) == 0) {
      port_ = ntohs(address.sin_port);
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  FileDescriptor socket_;
  std::uint16_t port_ = 0;
};

TEST(Port, ThatIsTakenFailsUnlessMosaicItselfHasIt) {
  const TakenPort taken;
  const ListenAddress address{"127.0.0.1", taken.port()};
  EXPECT_EQ(check_port("people's address", address, false).state, Finding::State::fail);
  EXPECT_EQ(check_port("people's address", address, true).state, Finding::State::ok);
}

TEST(Port, OfAForeignAddressFails) {
  EXPECT_EQ(check_port("people's address", {"192.0.2.1", 8080}, false).state, Finding::State::fail);
}

TEST(Disk, OfAFolderThatIsNotThereYetIsItsParents) {
  const Finding finding = check_disk("data folder", "/tmp/not/there/yet");
  EXPECT_NE(finding.message.find("GB free"), std::string::npos) << finding.message;
}

TEST(JudgeWalls, NamesTheFirstPlaceThatWasReachedAndBelievesNoSilenceWithoutAnAnswer) {
  const std::vector<ForbiddenPlace> places{{"bridge:1", "this host by its own bridge"},
                                           {"10.0.0.1:1", "another agent"}};
  EXPECT_EQ(judge_walls(0, places, false).state, Finding::State::ok);
  EXPECT_THAT(judge_walls(0, places, false).message, testing::Not(testing::HasSubstr("proxy")));
  EXPECT_THAT(judge_walls(0, places, true).message, testing::HasSubstr("the egress proxy answers"));
  EXPECT_THAT(judge_walls(60, places, true).message, testing::HasSubstr("does not answer"));
  EXPECT_THAT(judge_walls(64, places, false).message,
              testing::HasSubstr("this host by its own bridge"));
  EXPECT_THAT(judge_walls(65, places, false).message, testing::HasSubstr("another agent"));
  for (const int code : {1, 60, 61, 63, 64, 65, 66, 127, 137})
    EXPECT_EQ(judge_walls(code, places, true).state, Finding::State::fail) << code;
  EXPECT_EQ(judge_walls(62, places, false).state, Finding::State::warn);
}

}  // namespace
}  // namespace mosaic::cli
