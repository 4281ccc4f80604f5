#include "runtime/hibernation/memory_cgroup.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <vector>

namespace mosaic {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> result;
  for (const auto part : split(line, ' ')) {
    for (const auto word : split(part, '\t')) {
      if (!word.empty()) result.push_back(word);
    }
  }
  return result;
}

bool lists(std::string_view comma_separated, std::string_view wanted) {
  for (const auto entry : split(comma_separated, ',')) {
    if (entry == wanted) return true;
  }
  return false;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_number(const std::filesystem::path& path) {
  const auto text = read_kernel_file(path);
  return text ? parse_number(*text) : std::nullopt;
}

std::optional<CgroupMemory> read_v1(const std::filesystem::path& folder) {
  const auto stat = read_kernel_file(folder / "memory.stat");
  if (!stat) return std::nullopt;
  CgroupMemory memory;
  bool known = false;
  for (const auto line : split(*stat, '\n')) {
    const auto entry = words(line);
    if (entry.size() != 2) continue;
    if (entry[0] == "total_rss") {
      memory.resident_bytes = parse_number(entry[1]).value_or(0);
      known = true;
    }
    // Absent where the kernel does not account for swap.
    if (entry[0] == "total_swap") memory.swap_bytes = parse_number(entry[1]).value_or(0);
  }
  return known ? std::optional(memory) : std::nullopt;
}

std::optional<CgroupMemory> read_v2(const std::filesystem::path& folder) {
  const auto resident = read_number(folder / "memory.current");
  if (!resident) return std::nullopt;
  return CgroupMemory{*resident, read_number(folder / "memory.swap.current").value_or(0)};
}

}  // namespace

std::optional<MemoryHierarchy> find_memory_hierarchy(std::string_view mountinfo) {
  std::optional<MemoryHierarchy> unified;
  for (const auto line : split(mountinfo, '\n')) {
    // "36 35 98:0 /root /mount/point options [optional ...] - type source superoptions"
    const auto separator = line.find(" - ");
    if (separator == std::string_view::npos) continue;
    const auto mount = words(line.substr(0, separator));
    const auto filesystem = words(line.substr(separator + 3));
    if (mount.size() < 5 || filesystem.size() < 3) continue;
    const auto make = [&](MemoryHierarchy::Version version) {
      return MemoryHierarchy{version, std::filesystem::path(mount[4]), std::string(mount[3])};
    };
    if (filesystem[0] == "cgroup" && lists(filesystem[2], "memory"))
      return make(MemoryHierarchy::Version::v1);
    if (filesystem[0] == "cgroup2" && !unified) unified = make(MemoryHierarchy::Version::v2);
  }
  return unified;
}

std::optional<std::filesystem::path> memory_cgroup_folder(const MemoryHierarchy& hierarchy,
                                                          std::string_view cgroups) {
  for (const auto line : split(cgroups, '\n')) {
    // "4:memory:/docker/<id>" or "0::/system.slice/docker-<id>.scope"
    const auto first = line.find(':');
    if (first == std::string_view::npos) continue;
    const auto second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const bool matches = hierarchy.version == MemoryHierarchy::Version::v1
                             ? lists(controllers, "memory")
                             : line.substr(0, first) == "0";
    if (!matches) continue;
    auto path = line.substr(second + 1);
    // "/../x" lies outside of what we may see.
    if (path.find("..") != std::string_view::npos) return std::nullopt;
    if (hierarchy.mount_root != "/") {
      if (!path.starts_with(hierarchy.mount_root)) return std::nullopt;
      path.remove_prefix(hierarchy.mount_root.size());
    }
    while (path.starts_with('/')) path.remove_prefix(1);
    return hierarchy.mount_point / path;
  }
  return std::nullopt;
}

std::optional<CgroupMemory> read_cgroup_memory(const MemoryHierarchy& hierarchy,
                                               const std::filesystem::path& folder) {
  return hierarchy.version == MemoryHierarchy::Version::v1 ? read_v1(folder) : read_v2(folder);
}

SwapSpace parse_swaps(std::string_view swaps) {
  SwapSpace space;
  for (const auto line : split(swaps, '\n')) {
    const auto entry = words(line);  // Filename Type Size Used Priority, in KiB
    if (entry.size() < 5) continue;
    const auto size = parse_number(entry[2]);
    const auto used = parse_number(entry[3]);
    if (!size || !used) continue;
    space.total_bytes += *size * 1024;
    space.free_bytes += (*size - *used) * 1024;
  }
  return space;
}

std::optional<std::string> read_kernel_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return file.bad() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace mosaic
