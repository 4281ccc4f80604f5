// Where libFuzzer, and replay.cpp in its place, enter a target.
#include <cstddef>
#include <cstdint>

#include "test/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mosaic::test::try_input(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
