// images/link's mosaic-move, run as two programs of its own between folders of this test.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "test/link/link_program.hpp"

namespace mosaic {
namespace {

namespace fs = std::filesystem;

class Move : public testing::Test {
 protected:
  Move() {
    ::setenv("MOSAIC_MOVE_WORD", "known to both", 1);
    std::string pattern = (fs::temp_directory_path() / "mosaic-move-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder");
    root_ = pattern;
    for (const auto& folder : {from_, to_}) fs::create_directories(root_ / folder);
  }
  ~Move() override { fs::remove_all(root_); }

  std::string from() const { return root_ / from_; }
  std::string to() const { return root_ / to_; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((fs::path(from()) / name).parent_path());
    std::ofstream(fs::path(from()) / name) << text;
  }
  static std::string read(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static struct stat status_of(const fs::path& file) {
    struct stat status {};
    if (::lstat(file.c_str(), &status) != 0) throw std::runtime_error("no " + file.string());
    return status;
  }
  struct Ends {
    int sender;
    int receiver;
  };
  Ends move() const {
    test::LinkProgram receiver("mosaic_move", {"receive", "0", to()});
    test::LinkProgram sender("mosaic_move",
                             {"send", "127.0.0.1:" + std::to_string(receiver.port()), from()});
    const int sent = sender.wait();
    if (sent != 0) receiver.terminate();
    return {sent, receiver.wait()};
  }

  fs::path root_;
  const std::string from_ = "from";
  const std::string to_ = "to";
};

TEST_F(Move, TakesContentsModesTimesAndLinksOfAllKinds) {
  write("plain", "heron");
  write("deep/er/still", std::string(300'000, 'x'));
  write("shared", "once");
  fs::create_hard_link(fs::path(from()) / "shared", fs::path(from()) / "deep/same");
  fs::create_symlink("../nowhere", fs::path(from()) / "deep/link");
  ASSERT_EQ(::mkfifo((from() + "/pipe").c_str(), 0622), 0);
  ASSERT_EQ(::chmod((from() + "/plain").c_str(), 02751), 0);
  ASSERT_EQ(::chmod((from() + "/deep").c_str(), 01711), 0);
  const timespec times[2] = {{1, 0}, {978'307'200, 123'000}};
  for (const char* name : {"/plain", "/deep/link", "/deep"})
    ASSERT_EQ(::utimensat(AT_FDCWD, (from() + name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  const Ends ends = move();
  EXPECT_EQ(ends.sender, 0);
  EXPECT_EQ(ends.receiver, 0);
  EXPECT_EQ(read(to() + "/plain"), "heron");
  EXPECT_EQ(read(to() + "/deep/er/still"), std::string(300'000, 'x'));
  EXPECT_EQ(fs::read_symlink(to() + "/deep/link"), "../nowhere");
  EXPECT_EQ(status_of(to() + "/shared").st_ino, status_of(to() + "/deep/same").st_ino);
  for (const char* name : {"", "/plain", "/deep", "/pipe", "/deep/link"}) {
    EXPECT_EQ(status_of(to() + name).st_mode, status_of(from() + name).st_mode) << name;
    EXPECT_EQ(status_of(to() + name).st_mtim.tv_sec, status_of(from() + name).st_mtim.tv_sec);
    EXPECT_EQ(status_of(to() + name).st_mtim.tv_nsec, status_of(from() + name).st_mtim.tv_nsec);
  }
}

TEST_F(Move, KeepsOwnersWhereItMaySetThem) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  write("file", "theirs");
  ASSERT_EQ(::chown((from() + "/file").c_str(), 1234, 4321), 0);
  ASSERT_EQ(::chmod((from() + "/file").c_str(), 06755), 0);
  ASSERT_EQ(::chown(from().c_str(), 1000, 1000), 0);
  EXPECT_EQ(move().receiver, 0);
  EXPECT_EQ(status_of(to() + "/file").st_uid, 1234U);
  EXPECT_EQ(status_of(to() + "/file").st_gid, 4321U);
  EXPECT_EQ(status_of(to() + "/file").st_mode & 07777U, 06755U);
  EXPECT_EQ(status_of(to()).st_uid, 1000U);
}

TEST_F(Move, KeepsHolesAndExtendedAttributes) {
  write("sparse", "begin");
  ASSERT_EQ(::truncate((from() + "/sparse").c_str(), 512L * 1024 * 1024), 0);
  const bool takes_attributes =
      ::setxattr((from() + "/sparse").c_str(), "user.note", "word", 4, 0) == 0;
  EXPECT_EQ(move().receiver, 0);
  EXPECT_EQ(status_of(to() + "/sparse").st_size, 512L * 1024 * 1024);
  EXPECT_LT(status_of(to() + "/sparse").st_blocks * 512L, 1024 * 1024);
  char value[8] = {};
  if (takes_attributes) {
    EXPECT_EQ(::getxattr((to() + "/sparse").c_str(), "user.note", value, sizeof value), 4);
    EXPECT_STREQ(value, "word");
  }
}

TEST_F(Move, LeavesNothingOfWhatWasThereBefore) {
  write("new", "new");
  fs::create_directories(to() + "/old/deep");
  std::ofstream(to() + "/old/deep/file") << "old";
  EXPECT_EQ(move().receiver, 0);
  EXPECT_FALSE(fs::exists(to() + "/old"));
  EXPECT_EQ(test::LinkProgram("mosaic_move", {"empty", to()}).wait(), 0);
  EXPECT_TRUE(fs::is_empty(to()));
}

TEST_F(Move, IsNoSuccessForEitherWhenTheSenderEndsHalfWay) {
  write("file", "half");
  test::LinkProgram receiver("mosaic_move", {"receive", "0", to()});
  {
    // One that knows the word, and no more.
    const std::string talk = "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(receiver.port()) +
                             "; printf 'mosaic-move 1\\nknown to bothT' >&3";
    ASSERT_EQ(std::system(("bash -c \"" + talk + "\"").c_str()), 0);
  }
  EXPECT_EQ(receiver.wait(), 3);
}

TEST_F(Move, TakesNothingFromWhoeverDoesNotKnowTheWord) {
  write("file", "mine");
  fs::create_directories(to() + "/kept");
  test::LinkProgram receiver("mosaic_move", {"receive", "0", to()});
  const std::string port = std::to_string(receiver.port());
  ::setenv("MOSAIC_MOVE_WORD", "another guess", 1);
  EXPECT_EQ(test::LinkProgram("mosaic_move", {"send", "127.0.0.1:" + port, from()}).wait(), 3);
  EXPECT_TRUE(fs::exists(to() + "/kept"));
  ::setenv("MOSAIC_MOVE_WORD", "known to both", 1);
  EXPECT_EQ(test::LinkProgram("mosaic_move", {"send", "127.0.0.1:" + port, from()}).wait(), 0);
  EXPECT_EQ(receiver.wait(), 0);
}

TEST_F(Move, RefusesArgumentsThatMakeNoSense) {
  const std::vector<std::vector<std::string>> senseless{{},
                                                        {"send"},
                                                        {"send", "here", "/tmp"},
                                                        {"send", "x:0", "/tmp"},
                                                        {"receive"},
                                                        {"receive", "0"},
                                                        {"empty"},
                                                        {"look"}};
  for (const auto& arguments : senseless)
    EXPECT_EQ(test::LinkProgram("mosaic_move", arguments).wait(), 2);
}

}  // namespace
}  // namespace mosaic
