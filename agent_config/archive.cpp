// The ustar archive of a rendered configuration.
#include <stdexcept>
#include <string>
#include <string_view>

#include "agent_config/rendered_config.hpp"
#include "model/ustar.hpp"

namespace mosaic {
namespace {

constexpr int container_user = 1000;  // who the gateway runs as

void append_file(std::string& archive, std::string_view name, std::size_t mode,
                 std::string_view content) {
  const auto header = ustar_header(name, mode, container_user, content.size());
  archive.append(header.data(), header.size());
  archive.append(content);
  archive.append(ustar_padding(content.size()), '\0');
}

}  // namespace

std::string to_tar(const RenderedConfig& config) {
  if (config.problem) throw std::logic_error("a configuration with a problem has no archive");
  std::string archive;
  append_file(archive, "openclaw.json", 0600, config.openclaw_json);
  append_file(archive, "workspace/SOUL.md", 0600, config.soul_md);
  append_file(archive, "workspace/AGENTS.md", 0600, config.agents_md);
  append_file(archive, "workspace/IDENTITY.md", 0600, config.identity_md);
  archive.append(ustar_end_bytes, '\0');
  return archive;
}

}  // namespace mosaic
