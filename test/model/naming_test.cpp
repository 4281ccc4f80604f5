#include "model/naming.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace mosaic {
namespace {

AgentIdentity identity(const std::string& owner, const std::string& row = "c1",
                       ResourceKind kind = ResourceKind::user_container) {
  return AgentIdentity{"0123456789abcdef", ResourceKey(kind, row), owner, "mosaic-user-x"};
}

TEST(Naming, TwoOwnersNeverShareAVolume) {
  std::mt19937 random(7);
  std::set<std::string> owners;
  const std::string letters = "aA_b-.B0/ \xc3\xa4";
  while (owners.size() < 5000) {
    std::string owner;
    const auto length = 1 + random() % 4;
    for (std::size_t i = 0; i < length; ++i) owner.push_back(letters[random() % letters.size()]);
    owners.insert(owner);
  }
  std::set<std::string> names;
  for (const auto& owner : owners) names.insert(state_volume_name(identity(owner)));
  EXPECT_EQ(names.size(), owners.size());
}

TEST(Naming, UserAndSystemAgentsOfOneNameAreApart) {
  EXPECT_NE(state_volume_name(identity("ops")),
            state_volume_name(identity("ops", "c1", ResourceKind::system_container)));
}

TEST(Naming, VolumesAndHostNameFollowTheOwnerNotTheRow) {
  EXPECT_EQ(state_volume_name(identity("alice", "c1")), state_volume_name(identity("alice", "c2")));
  EXPECT_EQ(host_name(identity("alice", "c1")), host_name(identity("alice", "c2")));
  EXPECT_NE(host_name(identity("alice")), host_name(identity("bob")));
}

TEST(Naming, AnotherInstanceHasOtherNames) {
  AgentIdentity other = identity("alice");
  other.instance = "ffffffffffffffff";
  EXPECT_NE(network_name(identity("alice")), network_name(other));
}

TEST(Naming, EngineNamesAreValidWhateverTheOwner) {
  for (const auto* owner : {"alice", "ÄÖ", "a/../b", "$(reboot)", "x\ny"}) {
    EXPECT_TRUE(valid_container_name(state_volume_name(identity(owner)))) << owner;
    EXPECT_LE(host_name(identity(owner)).size(), 63U);
  }
}

TEST(Naming, ContainerNamesFollowTheEnginesRule) {
  EXPECT_TRUE(valid_container_name("mosaic-user-abc_1.x"));
  for (const auto* name : {"", "a", "-ab", "a b", "a/b", "ä12"})
    EXPECT_FALSE(valid_container_name(name)) << name;
  EXPECT_FALSE(valid_container_name(std::string(129, 'a')));
}

}  // namespace
}  // namespace mosaic
