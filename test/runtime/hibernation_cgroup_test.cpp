// The kernel's texts, in the forms that different hosts show.
#include "runtime/hibernation/memory_cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mosaic {
namespace {

namespace files = std::filesystem;

constexpr auto hybrid_mounts =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:3 - cgroup cgroup rw,memory\n";
constexpr auto unified_mounts =
    "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST(MemoryCgroup, FindsTheHierarchyThatAccountsForMemory) {
  const auto hybrid = find_memory_hierarchy(hybrid_mounts);
  ASSERT_TRUE(hybrid);
  EXPECT_EQ(hybrid->version, MemoryHierarchy::Version::v1);
  EXPECT_EQ(hybrid->mount_point, "/sys/fs/cgroup/memory");
  EXPECT_EQ(hybrid->reclaim_file(), "memory.force_empty");
  const auto unified = find_memory_hierarchy(unified_mounts);
  ASSERT_TRUE(unified);
  EXPECT_EQ(unified->version, MemoryHierarchy::Version::v2);
  EXPECT_EQ(unified->mount_point, "/sys/fs/cgroup");
  EXPECT_EQ(unified->reclaim_file(), "memory.reclaim");
  EXPECT_FALSE(find_memory_hierarchy("garbage\n\n1 2 - \n"));
}

TEST(MemoryCgroup, FindsAProcessesFolderWhateverTheCgroupParentIs) {
  const auto v1 = *find_memory_hierarchy(hybrid_mounts);
  EXPECT_EQ(memory_cgroup_folder(v1, "9:name=systemd:/x\n4:memory:/my-parent/abc\n0::/y\n"),
            files::path("/sys/fs/cgroup/memory/my-parent/abc"));
  const auto v2 = *find_memory_hierarchy(unified_mounts);
  EXPECT_EQ(memory_cgroup_folder(v2, "0::/system.slice/docker-abc.scope\n"),
            files::path("/sys/fs/cgroup/system.slice/docker-abc.scope"));
}

TEST(MemoryCgroup, RefusesFoldersOutsideOfOurView) {
  const auto v2 = *find_memory_hierarchy(unified_mounts);
  EXPECT_FALSE(memory_cgroup_folder(v2, "0::/../other\n"));
  EXPECT_FALSE(memory_cgroup_folder(v2, "4:memory:/x\n"));
  const auto bound =
      *find_memory_hierarchy("30 24 0:26 /docker/me /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  EXPECT_FALSE(memory_cgroup_folder(bound, "0::/docker/other\n"));
  EXPECT_EQ(memory_cgroup_folder(bound, "0::/docker/me/child\n"),
            files::path("/sys/fs/cgroup/child"));
}

TEST(MemoryCgroup, AddsUpAllSwap) {
  const auto none = parse_swaps("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
  EXPECT_EQ(none.total_bytes, 0);
  const auto two = parse_swaps(
      "Filename Type Size Used Priority\n/dev/zram0 partition 1048576 1024 "
      "100\n/swapfile\tfile\t\t2048\t0\t-2\n");
  EXPECT_EQ(two.total_bytes, (1048576 + 2048) * 1024LL);
  EXPECT_EQ(two.free_bytes, (1048576 - 1024 + 2048) * 1024LL);
}

TEST(MemoryCgroup, ReadsBothVersionsFiles) {
  std::string pattern = files::temp_directory_path() / "mosaic-cgroup-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const files::path folder = pattern;
  std::ofstream(folder / "memory.stat")
      << "cache 5\nrss 7\ntotal_rss 4194304\ntotal_swap 2097152\n";
  std::ofstream(folder / "memory.current") << "8388608\n";
  std::ofstream(folder / "memory.swap.current") << "1048576\n";
  const auto v1 = read_cgroup_memory(*find_memory_hierarchy(hybrid_mounts), folder);
  ASSERT_TRUE(v1);
  EXPECT_EQ(v1->resident_bytes, 4194304);
  EXPECT_EQ(v1->swap_bytes, 2097152);
  const auto v2 = read_cgroup_memory(*find_memory_hierarchy(unified_mounts), folder);
  ASSERT_TRUE(v2);
  EXPECT_EQ(v2->resident_bytes, 8388608);
  EXPECT_EQ(v2->swap_bytes, 1048576);
  EXPECT_FALSE(read_cgroup_memory(*find_memory_hierarchy(unified_mounts), folder / "gone"));
  files::remove_all(folder);
}

}  // namespace
}  // namespace mosaic
