#include "cli/secret_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>

#include "cli/failure.hpp"
#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

const std::string long_key(64, 'k');

class SecretKeyFile : public testing::Test {
 protected:
  std::filesystem::path file() const { return secret_key_file(folder_.path()); }
  Settings settings(const std::string& url, const std::string& key) const {
    Settings settings;
    settings.database_url = url;
    settings.secret_key = key;
    settings.data_dir = folder_.path();
    return settings;
  }
  TemporaryFolder folder_;
};

TEST_F(SecretKeyFile, IsMadeOnceAndClosedToOthers) {
  const std::string key = read_or_create_secret_key_file(file());
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(read_or_create_secret_key_file(file()), key);
  struct stat status {};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(SecretKeyFile, TwoWhoMakeItAtOnceAgree) {
  std::string keys[8];
  std::vector<std::thread> threads;
  for (auto& key : keys)
    threads.emplace_back([&] { key = read_or_create_secret_key_file(file()); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(std::begin(keys), std::end(keys)).size(), 1U);
}

TEST_F(SecretKeyFile, IsRefusedWhenOthersCanReadIt) {
  read_or_create_secret_key_file(file());
  ::chmod(file().c_str(), 0644);
  try {
    read_secret_key_file(file());
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_NE(std::string(error.what()).find("chmod 600"), std::string::npos) << error.what();
  }
}

TEST_F(SecretKeyFile, IsNotFollowedThroughALink) {
  std::filesystem::create_symlink("/etc/hostname", file());
  EXPECT_THROW(read_secret_key_file(file()), CommandError);
}

TEST_F(SecretKeyFile, IsNeverMadeUpForSomebodyElsesDatabase) {
  EXPECT_THROW(open_secret_box(settings("postgresql://h/d", ""), MissingKey::generate),
               CommandError);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SecretKeyFile, IsNotMadeUpWhenItIsMissed) {
  EXPECT_THROW(open_secret_box(settings("", ""), MissingKey::refuse), CommandError);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SecretKeyFile, TheEnvironmentComesFirst) {
  const SecretBox box(open_secret_box(settings("", long_key), MissingKey::refuse));
  EXPECT_TRUE(SecretBox(long_key).matches_key_check(box.key_check_value()));
}

TEST_F(SecretKeyFile, IsReplacedByTheNextInOneStepAndKept) {
  const std::string old_key = read_or_create_secret_key_file(file());
  const auto next = next_secret_key_file(folder_.path());
  const std::string new_key = read_or_create_secret_key_file(next);
  EXPECT_NE(new_key, old_key);
  const auto kept = install_next_secret_key(folder_.path());
  EXPECT_EQ(read_secret_key_file(file()), new_key);
  EXPECT_EQ(read_secret_key_file(kept), old_key);
  EXPECT_FALSE(std::filesystem::exists(next));
  for (const auto& path : {file(), kept}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600U) << path;
  }
}

TEST_F(SecretKeyFile, IsReplacedAlsoAfterSomebodyWasKilledBetweenTheTwoSteps) {
  const std::string old_key = read_or_create_secret_key_file(file());
  const auto next = next_secret_key_file(folder_.path());
  const std::string new_key = read_or_create_secret_key_file(next);
  const auto kept = install_next_secret_key(folder_.path());
  // As it was between them: the copy is there, the key file is still the old one.
  std::filesystem::rename(file(), next);
  std::filesystem::create_hard_link(kept, file());
  EXPECT_EQ(install_next_secret_key(folder_.path()), kept);
  EXPECT_EQ(read_secret_key_file(file()), new_key);
  EXPECT_EQ(read_secret_key_file(kept), old_key);
}

TEST_F(SecretKeyFile, TheNextOneIsReadBesideIt) {
  const std::string old_key = read_or_create_secret_key_file(file());
  const std::string new_key = read_or_create_secret_key_file(next_secret_key_file(folder_.path()));
  const SecretBox box(open_secret_box(settings("", ""), MissingKey::refuse));
  EXPECT_EQ(box.decrypt(SecretBox(old_key).encrypt("old")), "old");
  EXPECT_EQ(box.decrypt(SecretBox(new_key).encrypt("new")), "new");
}

TEST_F(SecretKeyFile, ThePreviousKeyOfTheEnvironmentIsReadToo) {
  Settings both = settings("postgresql://h/d", long_key);
  both.previous_secret_key = std::string(64, 'p');
  const SecretBox box(open_secret_box(both, MissingKey::refuse));
  EXPECT_EQ(box.decrypt(SecretBox(both.previous_secret_key).encrypt("text")), "text");
  EXPECT_TRUE(SecretBox(long_key).matches_key_check(box.key_check_value()));
}

TEST_F(SecretKeyFile, AShortKeyIsRefused) {
  EXPECT_THROW(open_secret_box(settings("", "short"), MissingKey::refuse), SecretKeyError);
}

}  // namespace
}  // namespace mosaic::cli
