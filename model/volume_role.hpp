// The two volumes of an agent.
#pragma once

#include <cstdint>

namespace mosaic {

enum class VolumeRole : std::uint8_t { state, workspace };

}  // namespace mosaic
