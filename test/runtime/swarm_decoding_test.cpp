#include "runtime/swarm/swarm_decoding.hpp"

#include <gtest/gtest.h>

#include "runtime/swarm/service_template.hpp"

namespace mosaic {
namespace {

TEST(SwarmDecoding, CountsOnNodesThatDoNotAnswerNowAndNotOnDrainedOnes) {
  const std::string node = R"("Description": {"Hostname": "n", "Resources":
      {"MemoryBytes": 1073741824, "NanoCPUs": 2000000000}})";
  const std::string ready = R"("Status": {"State": "ready"})";
  const std::string unknown = R"("Status": {"State": "unknown"})";
  const auto nodes = decode_node_list(
      R"([{"ID": "1", "Spec": {"Availability": "active"}, )" + ready + "," + node +
      R"(}, {"ID": "2", "Spec": {"Availability": "active"}, )" + unknown + "," + node +
      R"(}, {"ID": "3", "Spec": {"Availability": "drain"}, )" + ready + "," + node + "}]");
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_FALSE(nodes[1].ready);
  EXPECT_EQ(capacity_of(nodes).memory_mb, 2048);
  EXPECT_EQ(capacity_of(nodes).cpus, 4);
}

TEST(SwarmDecoding, TellsHowManyNetworksThereIsRoomFor) {
  const auto room = decode_network_room(
      R"({"Swarm": {"Cluster": {"DefaultAddrPool": ["10.201.0.0/22", "10.202.0.0/24"], "SubnetSize": 27}}})",
      decode_network_list(R"([
        {"Id": "a", "IPAM": {"Config": [{"Subnet": "10.201.0.0/27"}]}},
        {"Id": "b", "IPAM": {"Config": [{"Subnet": "10.213.0.0/16"}]}},
        {"Id": "c", "IPAM": {"Config": null}}])"));
  ASSERT_TRUE(room);
  EXPECT_EQ(room->capacity, 40);
  EXPECT_EQ(room->taken, 1);
  EXPECT_FALSE(decode_network_room(R"({"Swarm": {}})", {}));
  const auto unsaid = decode_network_room(
      R"({"Swarm": {"Cluster": {"DefaultAddrPool": null, "SubnetSize": 24}}})",
      decode_network_list(R"([{"Id": "a", "IPAM": {"Config": [{"Subnet": "10.0.1.0/24"}]}}])"));
  ASSERT_TRUE(unsaid);
  EXPECT_EQ(unsaid->capacity, 65'536);
  EXPECT_EQ(unsaid->taken, 1);
}

TEST(SwarmDecoding, ReadsWhatAProbesTaskEndedWith) {
  EXPECT_TRUE(read_walk(0)->no_new_privileges);
  EXPECT_FALSE(read_walk(1)->no_new_privileges);
  EXPECT_FALSE(read_walk(0)->first_silent);
  EXPECT_EQ(read_walk(7)->first_silent, 2U);
  EXPECT_TRUE(read_walk(2 * static_cast<int>(most_probe_peers))->has_tools);
  EXPECT_FALSE(read_walk(123)->has_tools);
  EXPECT_FALSE(read_walk(127));
}

}  // namespace
}  // namespace mosaic
