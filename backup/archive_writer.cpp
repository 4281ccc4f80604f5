#include "backup/archive_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "model/ustar.hpp"

namespace mosaic {
namespace {

constexpr std::size_t private_mode = 0600;

}  // namespace

std::string end_text(const std::vector<PartSummary>& parts, const std::string& sha256,
                     const BackupSeal& seal) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& part : parts) {
    list.push_back({{"name", part.name},
                    {"bytes", part.bytes},
                    {"chunks", part.chunks},
                    {"sha256", part.sha256}});
  }
  const nlohmann::ordered_json json{
      {"parts", list}, {"sha256", sha256}, {"seal", seal("backup " + sha256)}};
  return json.dump(1) + "\n";
}

std::string chunk_name(const std::string& part, std::uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(number));
  return part + "/" + digits;
}

ArchiveWriter::ArchiveWriter(const BackupManifest& manifest, ByteSink sink)
    : expected_(manifest.parts()), sink_(std::move(sink)) {
  put_entry(manifest_entry, to_text(manifest));
}

void ArchiveWriter::begin_part(const std::string& name) {
  if (in_part_ || parts_.size() >= expected_.size() || expected_[parts_.size()] != name)
    throw std::logic_error("the backup's part " + name + " is not the one that is due");
  in_part_ = true;
  part_ = {};
  part_.name = name;
}

void ArchiveWriter::write(std::string_view bytes) {
  part_hash_.update(bytes);
  part_.bytes += bytes.size();
  while (!bytes.empty()) {
    const std::size_t taken = std::min(bytes.size(), backup_chunk_bytes - chunk_.size());
    chunk_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (chunk_.size() == backup_chunk_bytes) put_chunk();
  }
}

void ArchiveWriter::end_part() {
  if (!chunk_.empty()) put_chunk();
  part_.sha256 = part_hash_.finish();
  parts_.push_back(part_);
  in_part_ = false;
}

void ArchiveWriter::finish(const BackupSeal& seal) {
  if (in_part_ || parts_.size() != expected_.size())
    throw std::logic_error("the backup lacks a part");
  put_entry(end_entry, end_text(parts_, whole_.finish(), seal));
  put(std::string(ustar_end_bytes, '\0'));
}

void ArchiveWriter::put_chunk() {
  put_entry(chunk_name(part_.name, ++part_.chunks), chunk_);
  chunk_.clear();
}

void ArchiveWriter::put_entry(std::string_view name, std::string_view content) {
  const auto header = ustar_header(name, private_mode, 0, content.size());
  put({header.data(), header.size()});
  put(content);
  put(std::string(ustar_padding(content.size()), '\0'));
}

void ArchiveWriter::put(std::string_view bytes) {
  whole_.update(bytes);
  bytes_ += bytes.size();
  sink_(bytes);
}

}  // namespace mosaic
