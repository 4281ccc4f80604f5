#include "cli/agent_image_note.hpp"

#include <algorithm>
#include <fstream>

namespace mosaic::cli {
namespace {

constexpr const char* note_file = "agent-image";
constexpr std::streamsize longest_note = 1024;

}  // namespace

void write_agent_image_note(const std::filesystem::path& data_dir, const std::string& image) {
  std::error_code ignored;
  const auto path = data_dir / note_file;
  if (image.empty()) {
    std::filesystem::remove(path, ignored);
    return;
  }
  // Beside and renamed, so that a reader never sees half of it.
  auto beside = path;
  beside += ".new";
  {
    std::ofstream file(beside, std::ios::trunc);
    file << image << '\n';
    if (!file.flush()) return;
  }
  std::filesystem::rename(beside, path, ignored);
}

std::string read_agent_image_note(const std::filesystem::path& data_dir) {
  std::ifstream file(data_dir / note_file);
  std::string image(static_cast<std::size_t>(longest_note), '\0');
  file.read(image.data(), longest_note);
  image.resize(static_cast<std::size_t>(file.gcount()));
  image.resize(std::min(image.size(), image.find('\n')));
  return image;
}

}  // namespace mosaic::cli
