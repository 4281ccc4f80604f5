// Published vectors: the GCM specification's 256-bit cases, RFC 5869 for HKDF, RFC 4231 for HMAC.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "secrets/aes_gcm.hpp"
#include "secrets/hex.hpp"
#include "secrets/key_derivation.hpp"
#include "test/secrets/hex_bytes.hpp"

namespace mosaic {
namespace {

struct GcmVector {
  const char* key;
  const char* iv;
  const char* plaintext;
  const char* ciphertext;
  const char* tag;
};

const std::vector<GcmVector>& gcm_vectors() {
  static const std::vector<GcmVector> vectors{
      {"0000000000000000000000000000000000000000000000000000000000000000",
       "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
      {"0000000000000000000000000000000000000000000000000000000000000000",
       "000000000000000000000000", "00000000000000000000000000000000",
       "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
      {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
       "cafebabefacedbaddecaf888",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
       "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
       "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
       "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
       "b094dac5d93471bdec1a502270e3cc6c"},
  };
  return vectors;
}

TEST(AesGcm, AgreesWithThePublishedVectors) {
  for (const auto& vector : gcm_vectors()) {
    const auto key = array_from_hex<aes_gcm::key_bytes>(vector.key);
    const auto iv = array_from_hex<aes_gcm::iv_bytes>(vector.iv);
    const auto sealed = aes_gcm::seal(key, iv, text_from_hex(vector.plaintext));
    EXPECT_EQ(hex_encode(sealed), std::string(vector.ciphertext) + vector.tag);
    EXPECT_EQ(aes_gcm::open(key, iv, sealed), text_from_hex(vector.plaintext));
  }
}

TEST(AesGcm, RefusesATagWithAnySingleBitFlipped) {
  for (const auto& vector : gcm_vectors()) {
    const auto key = array_from_hex<aes_gcm::key_bytes>(vector.key);
    const auto iv = array_from_hex<aes_gcm::iv_bytes>(vector.iv);
    const auto sealed = from_hex(std::string(vector.ciphertext) + vector.tag);
    for (std::size_t bit = 0; bit < aes_gcm::tag_bytes * 8; ++bit) {
      auto forged = sealed;
      forged[forged.size() - 1 - bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      EXPECT_EQ(aes_gcm::open(key, iv, forged), std::nullopt) << "bit " << bit;
    }
  }
}

TEST(AesGcm, RefusesATagOfZeroesOnesOrFewerBytes) {
  const auto& vector = gcm_vectors().back();
  const auto key = array_from_hex<aes_gcm::key_bytes>(vector.key);
  const auto iv = array_from_hex<aes_gcm::iv_bytes>(vector.iv);
  const std::string ciphertext = vector.ciphertext;
  for (const char* tag : {"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff",
                          "b094dac5d93471bdec1a502270e3cc", "b094dac5d93471bd", "b0", ""}) {
    EXPECT_EQ(aes_gcm::open(key, iv, from_hex(ciphertext + tag)), std::nullopt) << tag;
  }
  EXPECT_EQ(aes_gcm::open(key, iv, {}), std::nullopt);
}

std::string hkdf_hex(const char* secret, const char* salt, const char* info, std::size_t length) {
  std::vector<std::uint8_t> derived(length);
  hkdf_sha256(text_from_hex(secret), text_from_hex(salt), text_from_hex(info), derived);
  return hex_encode(derived);
}

TEST(Hkdf, AgreesWithTheVectorsOfRfc5869) {
  EXPECT_EQ(hkdf_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
                     "f0f1f2f3f4f5f6f7f8f9", 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hkdf_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f4041424344454"
                     "64748494a4b4c4d4e4f",
                     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a"
                     "6a7a8a9aaabacadaeaf",
                     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                     "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f"
                     "6f7f8f9fafbfcfdfeff",
                     82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(hkdf_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hmac, AgreesWithTheVectorsOfRfc4231) {
  EXPECT_EQ(hmac_sha256_hex(from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_sha256_hex(from_hex("4a656665"), "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace mosaic
