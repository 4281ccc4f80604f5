#include "secrets/aes_gcm.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace mosaic::aes_gcm {
namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("AES-256-GCM: OpenSSL refused the operation");
}

Context make_context() {
  Context context(EVP_CIPHER_CTX_new());
  require(context != nullptr);
  return context;
}

const std::uint8_t* as_bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

std::vector<std::uint8_t> seal(Key key, Iv iv, std::string_view plaintext) {
  if (plaintext.size() > max_text_bytes)
    throw std::length_error("AES-256-GCM: the text is too long");
  const Context context = make_context();
  std::vector<std::uint8_t> sealed(plaintext.size() + tag_bytes);
  int written = 0;
  require(EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.data(), iv.data(), nullptr) ==
          1);
  if (!plaintext.empty()) {
    require(EVP_EncryptUpdate(context.get(), sealed.data(), &written, as_bytes(plaintext),
                              static_cast<int>(plaintext.size())) == 1);
  }
  int finished = 0;
  require(EVP_EncryptFinal_ex(context.get(), sealed.data() + written, &finished) == 1);
  require(static_cast<std::size_t>(written + finished) == plaintext.size());
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes),
                              sealed.data() + plaintext.size()) == 1);
  return sealed;
}

std::optional<std::string> open(Key key, Iv iv, std::span<const std::uint8_t> ciphertext_and_tag) {
  if (ciphertext_and_tag.size() < tag_bytes) return std::nullopt;
  const auto ciphertext = ciphertext_and_tag.first(ciphertext_and_tag.size() - tag_bytes);
  if (ciphertext.size() > max_text_bytes) return std::nullopt;
  std::array<std::uint8_t, tag_bytes> tag{};
  std::copy_n(ciphertext_and_tag.end() - tag_bytes, tag_bytes, tag.begin());

  const Context context = make_context();
  std::string plaintext(ciphertext.size(), '\0');
  auto* output = reinterpret_cast<std::uint8_t*>(plaintext.data());
  int written = 0;
  require(EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.data(), iv.data(), nullptr) ==
          1);
  if (!ciphertext.empty()) {
    require(EVP_DecryptUpdate(context.get(), output, &written, ciphertext.data(),
                              static_cast<int>(ciphertext.size())) == 1);
  }
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes),
                              tag.data()) == 1);
  int finished = 0;
  if (EVP_DecryptFinal_ex(context.get(), output + written, &finished) != 1) {
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return std::nullopt;
  }
  return plaintext;
}

}  // namespace mosaic::aes_gcm
