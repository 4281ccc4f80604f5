// The image that the mosaic up of a data folder was told to give its agents, kept there so that
// mosaic doctor judges that image and not the default one.
//
// Any thread. A note that cannot be written or read is no note: it only informs.
#pragma once

#include <filesystem>
#include <string>

namespace mosaic::cli {

// Empty: it was told none, and an earlier note goes.
void write_agent_image_note(const std::filesystem::path& data_dir, const std::string& image);
// Empty when there is none.
std::string read_agent_image_note(const std::filesystem::path& data_dir);

}  // namespace mosaic::cli
