// Fixed-size key material that is wiped from memory when its owner goes.
//
// Neither copyable nor movable, so that no second copy is left behind. Reading it from several
// threads is safe once it is filled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mosaic {

// Overwrites the bytes in a way that the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes) noexcept;

template <std::size_t Size>
class SecretBytes {
 public:
  SecretBytes() = default;
  ~SecretBytes() { wipe(bytes_); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  std::span<std::uint8_t, Size> mutable_view() { return bytes_; }
  std::span<const std::uint8_t, Size> view() const { return bytes_; }

 private:
  std::array<std::uint8_t, Size> bytes_{};
};

}  // namespace mosaic
