// Databases that exist were written by a Node program. Whatever it wrote must be readable here, and
// the other way round.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "secrets/secret_box.hpp"
#include "test/checkout.hpp"

namespace mosaic {
namespace {

class SeedCompatibility : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "mosaic-secrets-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // One answer of Node for each request, or none at all when it failed.
  std::vector<std::string> ask_node(const std::string& operation, const std::string& secret,
                                    const std::vector<std::string>& requests) {
    std::ofstream requests_file(folder_ / "requests");
    for (const auto& request : requests) requests_file << nlohmann::json(request).dump() << '\n';
    requests_file.close();
    ::setenv("SEED_CRYPTO_SECRET", secret.c_str(), 1);
    const std::string command =
        "node '" + mosaic::test::source_folder() + "/test/secrets/seed_crypto.mjs' " + operation +
        " < '" + (folder_ / "requests").string() + "' > '" + (folder_ / "answers").string() + "'";
    const int status = std::system(command.c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
      ADD_FAILURE() << "node is missing: run ./dev test";
    if (status != 0) return {};
    std::vector<std::string> answers;
    std::ifstream answers_file(folder_ / "answers");
    for (std::string line; std::getline(answers_file, line);) {
      answers.push_back(nlohmann::json::parse(line).get<std::string>());
    }
    return answers;
  }

  std::filesystem::path folder_;
};

const std::vector<std::string>& secrets_to_try() {
  static const std::vector<std::string> secrets{
      std::string("this-is-a-test-secret-key-with-32+chars"), std::string(32, 'k'),
      std::string("schlüssel 鍵 🔑 schlüssel 鍵 🔑 schlüssel 鍵 🔑"), std::string(5000, 's')};
  return secrets;
}

std::vector<std::string> texts_to_try() {
  std::string megabyte;
  while (megabyte.size() < 1'000'000) megabyte += "0123456789 äöü 漢 🦞 \"\\\n\t";
  return {"",
          "x",
          "sk-0123456789abcdef",
          std::string(64, 'a'),
          "grüße 漢字 🦞 e\u0301 \u202e",
          std::string("a NUL \0 within", 14),
          "\ufeffbyte order mark first",
          "line\r\nline\n",
          megabyte,
          std::string(1'048'576, 'x')};
}

TEST_F(SeedCompatibility, NodeReadsWhatWeWrite) {
  for (const auto& secret : secrets_to_try()) {
    const SecretBox box(secret);
    std::vector<std::string> stored;
    for (const auto& text : texts_to_try()) stored.push_back(box.encrypt(text));
    EXPECT_TRUE(ask_node("decrypt", secret, stored) == texts_to_try());
  }
}

TEST_F(SeedCompatibility, WeReadWhatNodeWrites) {
  for (const auto& secret : secrets_to_try()) {
    const SecretBox box(secret);
    const auto texts = texts_to_try();
    const auto stored = ask_node("encrypt", secret, texts);
    ASSERT_EQ(stored.size(), texts.size());
    for (std::size_t index = 0; index < texts.size(); ++index) {
      EXPECT_TRUE(box.decrypt(stored[index]) == texts[index]) << "text " << index;
    }
  }
}

TEST_F(SeedCompatibility, WeReadNodesTextsOfEveryLengthOfPadding) {
  const std::string secret = secrets_to_try().front();
  std::vector<std::string> texts;
  for (std::size_t length = 0; length < 200; ++length) texts.emplace_back(length, 'p');
  const auto stored = ask_node("encrypt", secret, texts);
  ASSERT_EQ(stored.size(), texts.size());
  const SecretBox box(secret);
  for (std::size_t length = 0; length < texts.size(); ++length) {
    EXPECT_EQ(box.decrypt(stored[length]), texts[length]);
  }
}

}  // namespace
}  // namespace mosaic
