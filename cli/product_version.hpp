// Which build this is; both come from CMake.
#pragma once

namespace mosaic::cli {

inline constexpr const char* product_version = MOSAIC_VERSION;
inline constexpr const char* product_revision = MOSAIC_REVISION;

}  // namespace mosaic::cli
