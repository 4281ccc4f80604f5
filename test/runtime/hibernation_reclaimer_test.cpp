// CgroupMemoryReclaimer on this machine's real cgroups: a frozen process of ours that holds memory. What the machine
// cannot do is tested for the honest reason instead.
#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

namespace mosaic {
namespace {

namespace files = std::filesystem;

constexpr std::size_t held_bytes = 96 * 1024 * 1024;

// A local engine as far as anybody can tell: a socket that this process listens on.
class LocalEngine {
 public:
  LocalEngine() {
    std::string pattern = files::temp_directory_path() / "mosaic-engine-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, (folder_ / "engine.sock").c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(socket_, 8) != 0) {
      throw std::runtime_error("cannot listen");
    }
  }
  ~LocalEngine() {
    ::close(socket_);
    files::remove_all(folder_);
  }
  LocalEngine(const LocalEngine&) = delete;
  LocalEngine& operator=(const LocalEngine&) = delete;

  std::string url() const { return "unix://" + (folder_ / "engine.sock").string(); }
  const files::path& folder() const { return folder_; }

 private:
  files::path folder_;
  int socket_ = -1;
};

// A process in a cgroup of its own that has written to all of its memory and then waits.
class MemoryHolder {
 public:
  explicit MemoryHolder(const MemoryHierarchy& hierarchy)
      : name_("mosaic-test-" + std::to_string(::getpid())), folder_(hierarchy.mount_point / name_) {
    if (::mkdir(folder_.c_str(), 0755) != 0)
      throw std::runtime_error("cannot make cgroup " + folder_.string());
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) throw std::runtime_error("pipe");
    process_ = ::fork();
    if (process_ == 0) hold(ready[1]);
    ::close(ready[1]);
    char answer = 'n';
    const bool holds = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
    ::close(ready[0]);
    if (!holds) throw std::runtime_error("the test's process could not join its cgroup");
  }
  ~MemoryHolder() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::rmdir(folder_.c_str());
  }
  MemoryHolder(const MemoryHolder&) = delete;
  MemoryHolder& operator=(const MemoryHolder&) = delete;

  ContainerProcess process() const { return {name_, process_}; }

 private:
  [[noreturn]] void hold(int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::ofstream join(folder_ / "cgroup.procs");
    join << ::getpid();
    join.close();
    auto* memory = static_cast<unsigned char*>(
        ::mmap(nullptr, held_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    const bool holds = join.good() && memory != MAP_FAILED;
    if (holds) {
      for (std::size_t offset = 0; offset < held_bytes; offset += 512)
        memory[offset] = static_cast<unsigned char>(offset >> 9);
    }
    static_cast<void>(!::write(ready, holds ? "y" : "n", 1));
    while (true) ::pause();
  }

  std::string name_;
  files::path folder_;
  pid_t process_ = -1;
};

MemoryHierarchy hierarchy() {
  const auto found = find_memory_hierarchy(read_kernel_file("/proc/self/mountinfo").value());
  if (!found) throw std::runtime_error("this machine mounts no cgroups");
  return *found;
}

bool machine_has_swap() {
  return parse_swaps(read_kernel_file("/proc/swaps").value()).total_bytes > 0;
}

TEST(CgroupMemoryReclaimer, TellsTheMemoryOfAProcessByItsCgroup) {
  const LocalEngine engine;
  const MemoryHolder holder(hierarchy());
  CgroupMemoryReclaimer reclaimer(engine.url());
  const auto use = reclaimer.memory_use(holder.process());
  ASSERT_TRUE(use);
  EXPECT_GE(use->resident_mb, 90);
  EXPECT_LE(use->resident_mb, 130);
  EXPECT_EQ(use->swap_mb, 0);
}

TEST(CgroupMemoryReclaimer, PushesMemoryToSwapOrSaysWhyNot) {
  const LocalEngine engine;
  CgroupMemoryReclaimer reclaimer(engine.url());
  const MemoryHolder holder(hierarchy());
  if (!machine_has_swap()) {
    EXPECT_FALSE(reclaimer.possible());
    EXPECT_EQ(reclaimer.reason(),
              "the host has no swap; add some (a swap file or zram) and restart Mosaic Fleet");
    EXPECT_THROW(reclaimer.reclaim(holder.process()), EngineError);
    return;
  }
  ASSERT_TRUE(reclaimer.possible()) << reclaimer.reason();
  const auto after = reclaimer.reclaim(holder.process());
  EXPECT_LE(after.resident_mb, 16);
  EXPECT_GE(after.swap_mb, 80);
  const auto use = reclaimer.memory_use(holder.process());
  ASSERT_TRUE(use);
  EXPECT_EQ(use->swap_mb, after.swap_mb);
}

TEST(CgroupMemoryReclaimer, NeverTouchesAnotherContainerThatGotTheSameProcessId) {
  const LocalEngine engine;
  const MemoryHolder holder(hierarchy());
  CgroupMemoryReclaimer reclaimer(engine.url());
  auto reused = holder.process();
  reused.container_id = "0123456789abcdef";
  EXPECT_FALSE(reclaimer.memory_use(reused));
  EXPECT_THROW(reclaimer.reclaim(reused), EngineError);
  EXPECT_FALSE(reclaimer.memory_use({"", holder.process().pid}));
  EXPECT_FALSE(reclaimer.memory_use({holder.process().container_id, 0}));
}

TEST(CgroupMemoryReclaimer, SaysThatARemoteEngineIsOutOfReach) {
  const CgroupMemoryReclaimer reclaimer("tcp://192.0.2.1:2376");
  EXPECT_FALSE(reclaimer.possible());
  EXPECT_EQ(reclaimer.reason(), "the engine at tcp://192.0.2.1:2376 is not on this machine");
}

TEST(CgroupMemoryReclaimer, AsksAgainWhileTheEngineDoesNotAnswer) {
  const LocalEngine engine;
  const auto path = engine.folder() / "engine.sock";
  files::rename(path, engine.folder() / "away.sock");
  const CgroupMemoryReclaimer reclaimer(engine.url());
  EXPECT_NE(reclaimer.reason().find("does not answer"), std::string::npos) << reclaimer.reason();
  files::rename(engine.folder() / "away.sock", path);
  EXPECT_EQ(reclaimer.possible(), machine_has_swap()) << reclaimer.reason();
}

// A /proc of the test's making, for what this machine does not have.
class MadeUpProc : public testing::Test {
 protected:
  MadeUpProc() {
    files::create_directories(proc() / "self");
    write("swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1048576 0 100\n");
    write("self/cgroup", "0::/\n");
    mount_cgroups("cgroup2", "rw");
    files::create_directories(cgroups() / "some.slice");
  }

  files::path proc() const { return engine_.folder() / "proc"; }
  files::path cgroups() const { return engine_.folder() / "cgroups"; }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(proc() / name) << text;
  }
  void mount_cgroups(const std::string& type, const std::string& options) {
    write("self/mountinfo", "30 24 0:26 / " + cgroups().string() + " rw - " + type + " " + type +
                                " " + options + "\n");
  }
  std::string reason() const { return CgroupMemoryReclaimer(engine_.url(), proc()).reason(); }

  LocalEngine engine_;
};

TEST_F(MadeUpProc, HibernationIsPossibleWithSwapAndAReclaimFile) {
  std::ofstream(cgroups() / "some.slice/memory.reclaim") << "";
  EXPECT_EQ(reason(), "");
}

TEST_F(MadeUpProc, NamesAKernelThatIsTooOld) {
  EXPECT_EQ(reason(), "the kernel does not offer memory.reclaim (Linux 5.19 or newer has it)");
  mount_cgroups("cgroup", "rw,memory");
  EXPECT_EQ(reason(), "the kernel does not offer memory.force_empty");
}

TEST_F(MadeUpProc, NamesMissingCgroups) {
  write("self/mountinfo", "");
  EXPECT_EQ(reason(), "no cgroup hierarchy with memory accounting is mounted here");
}

TEST_F(MadeUpProc, ASwapOfNothingIsNoSwap) {
  write("swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 0 0 100\n");
  EXPECT_NE(reason().find("no swap"), std::string::npos);
}

TEST_F(MadeUpProc, StepsThroughVersionTwoUntilNothingMovesAnyMore) {
  const auto folder = cgroups() / "some.slice";
  std::ofstream(folder / "memory.reclaim") << "";
  std::ofstream(folder / "memory.current") << 200 * 1024 * 1024;
  files::create_directories(proc() / "42");
  write("42/cgroup", "0::/some.slice\n");
  CgroupMemoryReclaimer reclaimer(engine_.url(), proc());
  // Plain files take every write and move nothing: the reclaimer ends, and does not call that a success.
  EXPECT_THROW(reclaimer.reclaim({"some.slice", 42}), EngineError);
  const auto asked = read_kernel_file(folder / "memory.reclaim");
  EXPECT_TRUE(asked && asked->starts_with("67108864")) << *asked;
}

}  // namespace
}  // namespace mosaic
