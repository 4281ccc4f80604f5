#include "secrets/password.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <array>
#include <memory>

#include "secrets/token.hpp"

namespace mosaic {
namespace {

constexpr std::size_t hash_characters = 60;
constexpr std::size_t digest_characters = 31;

// crypt_data is 32 KB and holds the password while at work: off the stack, and wiped.
struct CryptDataDeleter {
  void operator()(crypt_data* data) const {
    OPENSSL_cleanse(data, sizeof(*data));
    delete data;
  }
};

void check_password(std::string_view password) {
  if (password.empty()) throw PasswordError("the password is empty");
  if (password.size() > PasswordHasher::max_password_bytes) {
    throw PasswordError(
        "the password is longer than 72 bytes, which is all that bcrypt reads; choose a shorter "
        "one");
  }
  if (password.find('\0') != std::string_view::npos) {
    throw PasswordError(
        "the password contains a NUL character, at which bcrypt would stop reading");
  }
}

// A fresh "$2b$<cost>$<salt>".
std::string make_setting(unsigned cost) {
  std::array<std::uint8_t, 16> salt{};
  fill_random(salt);
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  if (crypt_gensalt_rn("$2b$", cost, reinterpret_cast<const char*>(salt.data()),
                       static_cast<int>(salt.size()), setting.data(),
                       static_cast<int>(setting.size())) == nullptr) {
    throw std::runtime_error("bcrypt is not available in this system's libcrypt");
  }
  return setting.data();
}

// The full hash; empty when libcrypt finds the setting malformed.
std::string bcrypt(std::string_view password, const std::string& setting) {
  const std::unique_ptr<crypt_data, CryptDataDeleter> data(new crypt_data());
  std::string phrase(password);  // libcrypt wants a terminator
  const char* hash = crypt_r(phrase.c_str(), setting.c_str(), data.get());
  OPENSSL_cleanse(phrase.data(), phrase.size());
  // On failure libcrypt answers with a text that begins with '*' and matches no hash.
  if (hash == nullptr || hash[0] == '*') return {};
  return hash;
}

bool is_digit(char character) { return character >= '0' && character <= '9'; }

bool is_bcrypt_hash(std::string_view hash) {
  if (hash.size() != hash_characters) return false;
  if (!hash.starts_with("$2a$") && !hash.starts_with("$2b$") && !hash.starts_with("$2y$"))
    return false;
  if (!is_digit(hash[4]) || !is_digit(hash[5]) || hash[6] != '$') return false;
  const unsigned cost =
      static_cast<unsigned>(hash[4] - '0') * 10 + static_cast<unsigned>(hash[5] - '0');
  return cost >= PasswordHasher::min_cost && cost <= PasswordHasher::max_cost;
}

}  // namespace

PasswordHasher::PasswordHasher(unsigned cost) : cost_(cost) {
  if (cost < min_cost || cost > max_cost)
    throw std::invalid_argument("the cost of bcrypt must be from 4 to 16");
  // A real salt with a digest that no password has: as dear to check as any other, and never right.
  unknown_user_hash_ = make_setting(cost_) + std::string(digest_characters, '.');
}

std::string PasswordHasher::hash_password(std::string_view password) const {
  check_password(password);
  std::string hash = bcrypt(password, make_setting(cost_));
  if (!is_bcrypt_hash(hash)) throw std::runtime_error("bcrypt failed in this system's libcrypt");
  return hash;
}

bool PasswordHasher::verify_password(std::string_view password,
                                     std::string_view stored_hash) const {
  check_password(password);
  if (!is_bcrypt_hash(stored_hash)) return false;
  const std::string computed = bcrypt(password, std::string(stored_hash));
  return constant_time_equal(computed, stored_hash);
}

bool PasswordHasher::verify_unknown_user(std::string_view password) const {
  // The comparison is done and its answer ignored, so that nothing but the answer differs from a
  // known user.
  static_cast<void>(verify_password(password, unknown_user_hash_));
  return false;
}

}  // namespace mosaic
