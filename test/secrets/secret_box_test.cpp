#include "secrets/secret_box.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "secrets/base64.hpp"

namespace mosaic {
namespace {

constexpr std::string_view secret = "a test secret of more than thirty-two characters";
constexpr std::string_view other_secret = "A test secret of more than thirty-two characters";

std::string refusal_of(std::string_view tried_secret) {
  try {
    const SecretBox box(tried_secret);
    return "accepted";
  } catch (const SecretKeyError& error) {
    return error.what();
  }
}

TEST(SecretBox, ReturnsWhatItWasGiven) {
  const SecretBox box(secret);
  for (const std::string& text :
       {std::string(), std::string("sk-key"), std::string("enc:not really"), std::string(1, '\0'),
        std::string("grüße 漢字 🦞"), std::string(1'000'000, 'x')}) {
    EXPECT_EQ(box.decrypt(box.encrypt(text)), text);
  }
}

TEST(SecretBox, WritesThePrefixTheIvTheCiphertextAndTheTag) {
  const SecretBox box(secret);
  const std::string stored = box.encrypt("12345");
  ASSERT_TRUE(SecretBox::is_encrypted(stored));
  const auto payload = base64_decode(std::string_view(stored).substr(4));
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->size(), 12U + 5U + 16U);
}

TEST(SecretBox, KnowsTheEncryptedByTheExactPrefix) {
  EXPECT_TRUE(SecretBox::is_encrypted("enc:abc"));
  for (const std::string_view text : {"ENC:abc", "enc", "", "plain", " enc:abc"}) {
    EXPECT_FALSE(SecretBox::is_encrypted(text)) << text;
  }
}

TEST(SecretBox, NeverWritesTheSameTextTwice) {
  const SecretBox box(secret);
  std::set<std::string> seen;
  for (int round = 0; round < 1000; ++round) EXPECT_TRUE(seen.insert(box.encrypt("same")).second);
}

TEST(SecretBox, RefusesAPayloadWithAnyByteChanged) {
  const SecretBox box(secret);
  const auto payload = *base64_decode(std::string_view(box.encrypt("a provider's key")).substr(4));
  for (std::size_t index = 0; index < payload.size(); ++index) {
    auto forged = payload;
    forged[index] ^= 0x01;
    EXPECT_THROW(box.decrypt("enc:" + base64_encode(forged)), DecryptError) << "byte " << index;
  }
}

TEST(SecretBox, RefusesAStoredTextWithAnyCharacterChanged) {
  const SecretBox box(secret);
  // One text for each length of padding, as the last character has spare bits there.
  for (const std::string_view text : {"abc", "abcd", "abcde"}) {
    const std::string stored = box.encrypt(text);
    for (std::size_t index = 0; index < stored.size(); ++index) {
      for (const char replacement : {'A', 'B', '=', '-', '\n', '\0'}) {
        if (stored[index] == replacement) continue;
        std::string forged = stored;
        forged[index] = replacement;
        EXPECT_THROW(box.decrypt(forged), DecryptError) << "character " << index;
      }
    }
  }
}

TEST(SecretBox, RefusesATruncatedOrExtendedPayload) {
  const SecretBox box(secret);
  const auto payload = *base64_decode(std::string_view(box.encrypt("text")).substr(4));
  for (std::size_t length = 0; length < payload.size(); ++length) {
    EXPECT_THROW(box.decrypt("enc:" + base64_encode(std::span(payload).first(length))),
                 DecryptError)
        << length;
  }
  auto extended = payload;
  extended.push_back(0);
  EXPECT_THROW(box.decrypt("enc:" + base64_encode(extended)), DecryptError);
}

TEST(SecretBox, RefusesWhatIsNotEncrypted) {
  const SecretBox box(secret);
  for (const std::string_view text : {"", "plain-text-value", "enc:", "enc:====", "enc:!!!!"}) {
    EXPECT_THROW(box.decrypt(text), DecryptError) << text;
  }
}

TEST(SecretBox, ReadsNothingThatAnotherKeyWrote) {
  EXPECT_THROW(SecretBox(other_secret).decrypt(SecretBox(secret).encrypt("text")), DecryptError);
}

TEST(SecretBox, SaysNothingOfTheValueInItsErrors) {
  const SecretBox box(secret);
  const std::string stored = SecretBox(other_secret).encrypt("sentinel-plaintext");
  for (const std::string& text :
       {stored, std::string("sentinel-plaintext"), stored.substr(0, stored.size() - 4)}) {
    try {
      box.decrypt(text);
      FAIL() << "decrypted";
    } catch (const DecryptError& error) {
      EXPECT_EQ(std::string_view(error.what()).find("sentinel"), std::string_view::npos);
      EXPECT_EQ(std::string_view(error.what()).find(text.substr(4, 12)), std::string_view::npos);
    }
  }
}

TEST(SecretKey, MissingOrShortIsRefusedWithWhatToDo) {
  for (const std::string_view tried : {"", "sentinel-secret", "sentinel-secret-of-31-character"}) {
    const std::string message = refusal_of(tried);
    EXPECT_NE(message.find("MOSAIC_SECRET_KEY"), std::string::npos) << message;
    EXPECT_NE(message.find("at least 32 characters"), std::string::npos) << message;
    EXPECT_NE(message.find("openssl rand -hex 32"), std::string::npos) << message;
    EXPECT_EQ(message.find("sentinel"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  }
}

TEST(SecretKey, IsMeasuredInUtf16UnitsAsJavaScriptDoes) {
  std::string sixteen_lobsters;
  for (int count = 0; count < 16; ++count) sixteen_lobsters += "🦞";  // two units each
  EXPECT_EQ(refusal_of(sixteen_lobsters), "accepted");
  EXPECT_NE(refusal_of(sixteen_lobsters.substr(4)), "accepted");
  std::string umlauts;
  for (int count = 0; count < 31; ++count) umlauts += "ü";  // 62 bytes, 31 units
  EXPECT_NE(refusal_of(umlauts), "accepted");
  EXPECT_EQ(refusal_of(umlauts + "x"), "accepted");
}

TEST(SecretKey, ThatIsNotUtf8IsRefused) {
  for (const std::string_view broken :
       {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_NE(refusal_of(std::string(40, 'x') + std::string(broken)).find("not UTF-8"),
              std::string::npos);
  }
}

TEST(SecretKey, CheckValueFitsItsOwnKeyOnly) {
  const SecretBox box(secret);
  const std::string stored = box.key_check_value();
  EXPECT_TRUE(box.matches_key_check(stored));
  EXPECT_TRUE(SecretBox(secret).matches_key_check(stored));
  EXPECT_FALSE(SecretBox(other_secret).matches_key_check(stored));
  EXPECT_FALSE(box.matches_key_check(box.encrypt("another text")));
  EXPECT_FALSE(box.matches_key_check("damaged"));
}

TEST(Fingerprint, DependsOnTheTextAndOnTheKeyAlone) {
  const SecretBox box(secret);
  const std::string fingerprint = box.fingerprint("configuration");
  EXPECT_EQ(fingerprint.size(), 64U);
  EXPECT_EQ(fingerprint.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(SecretBox(secret).fingerprint("configuration"), fingerprint);
  EXPECT_NE(box.fingerprint("configuratioN"), fingerprint);
  EXPECT_NE(SecretBox(other_secret).fingerprint("configuration"), fingerprint);
}

// --- two keys ---

TEST(SecretBoxOfTwoKeys, ReadsWhatEitherWroteAndWritesWithItsFirst) {
  const SecretBox both(secret, other_secret);
  EXPECT_TRUE(both.has_two_keys());
  EXPECT_EQ(both.decrypt(SecretBox(secret).encrypt("new")), "new");
  EXPECT_EQ(both.decrypt(SecretBox(other_secret).encrypt("old")), "old");
  EXPECT_EQ(SecretBox(secret).decrypt(both.encrypt("text")), "text");
  EXPECT_EQ(both.fingerprint("configuration"), SecretBox(secret).fingerprint("configuration"));
}

TEST(SecretBoxOfTwoKeys, WritesWithTheKeyThatTheDatabaseNames) {
  const SecretBox before(other_secret);
  const SecretBox after(secret);
  SecretBox both(secret, other_secret);
  StoredKeys stored;
  stored.check = before.key_check_value();
  both.open(stored);
  EXPECT_EQ(before.decrypt(both.encrypt("text")), "text");
  stored.next_check = after.key_check_value();
  both.follow(stored);
  EXPECT_EQ(after.decrypt(both.encrypt("text")), "text");
  stored = StoredKeys{after.key_check_value(), std::nullopt, std::nullopt};
  both.follow(stored);
  EXPECT_EQ(after.decrypt(both.encrypt("text")), "text");
  // Of a key that is not here nothing is believed.
  stored.check = SecretBox("a third secret of thirty-two characters").key_check_value();
  both.follow(stored);
  EXPECT_EQ(after.decrypt(both.encrypt("text")), "text");
  EXPECT_THROW(both.open(stored), DecryptError);
}

TEST(SecretBoxOfTwoKeys, KeepsTheFingerprintsOfTheKeyInForce) {
  const SecretBox before(other_secret);
  const std::string fingerprint = before.fingerprint("configuration");
  SecretBox both(secret, other_secret);
  StoredKeys stored;
  stored.check = before.key_check_value();
  both.open(stored);
  EXPECT_EQ(both.fingerprint("configuration"), fingerprint);
  stored.next_check = SecretBox(secret).key_check_value();
  stored.fingerprint_key = both.fingerprint_key_under(SecretBox(secret));
  both.follow(stored);
  EXPECT_EQ(both.fingerprint("configuration"), fingerprint);
  SecretBox later(secret);
  later.open(StoredKeys{stored.next_check, std::nullopt, stored.fingerprint_key});
  EXPECT_EQ(later.fingerprint("configuration"), fingerprint);
}

TEST(SecretBoxOfTwoKeys, KnowsADatabaseOnlyIfItHasEveryKeyThatIsInUse) {
  StoredKeys stored;
  EXPECT_TRUE(SecretBox(secret).knows(stored));
  stored.check = SecretBox(other_secret).key_check_value();
  EXPECT_FALSE(SecretBox(secret).knows(stored));
  EXPECT_TRUE(SecretBox(other_secret).knows(stored));
  stored.next_check = SecretBox(secret).key_check_value();
  EXPECT_FALSE(SecretBox(secret).knows(stored));
  EXPECT_FALSE(SecretBox(other_secret).knows(stored));
  EXPECT_TRUE(SecretBox(secret, other_secret).knows(stored));
  EXPECT_TRUE(SecretBox(other_secret, secret).knows(stored));
}

TEST(SecretBoxOfTwoKeys, RefusesADamagedKeyOfFingerprints) {
  SecretBox box(secret);
  StoredKeys stored;
  stored.check = box.key_check_value();
  for (const auto& damaged : {std::string("enc:damaged"), box.encrypt("c2hvcnQ="), box.encrypt("!"),
                              SecretBox(other_secret).encrypt("x")}) {
    stored.fingerprint_key = damaged;
    EXPECT_THROW(box.open(stored), DecryptError) << damaged;
  }
}

TEST(SecretBoxOfTwoKeys, RefusesAShortPreviousKey) {
  EXPECT_THROW(SecretBox(secret, "short"), SecretKeyError);
}

TEST(SecretBox, MayBeUsedByManyThreadsAtOnce) {
  const SecretBox box(secret);
  std::vector<int> mistakes(4, 0);
  std::vector<std::jthread> threads;
  for (std::size_t index = 0; index < mistakes.size(); ++index) {
    threads.emplace_back([&box, &count = mistakes[index], index] {
      const std::string text = "text of thread " + std::to_string(index);
      for (int round = 0; round < 500; ++round) {
        if (box.decrypt(box.encrypt(text)) != text) ++count;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(mistakes, std::vector<int>(4, 0));
}

}  // namespace
}  // namespace mosaic
