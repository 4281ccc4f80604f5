#include "backup/archive_reader.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "model/ustar.hpp"

namespace mosaic {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
// A table is some hundred bytes in it, a volume likewise.
constexpr std::size_t largest_manifest = 256 * 1024 * 1024;
constexpr std::size_t private_mode = 0600;

BackupError damaged() {
  return BackupError("the backup is damaged: it is not what was written; use another copy of it");
}

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

ArchiveReader::ArchiveReader(ByteSource source) : source_(std::move(source)) {
  try {
    if (next_name() != manifest_entry) throw damaged();
  } catch (const BackupError&) {
    throw BackupError("this is no backup of Mosaic Fleet, or its beginning is damaged");
  }
  accept_entry(largest_manifest);
  std::string text;
  while (left_ > 0) text.append(take(std::min(left_, piece_bytes)));
  finish_entry();
  manifest_ = parse_backup_manifest(text);
  // What the parser has read over is damage too.
  if (to_text(manifest_) != text) throw damaged();
  expected_ = manifest_.parts();
}

bool ArchiveReader::read(std::string& into) {
  if (parts_.size() == expected_.size()) throw std::logic_error("the backup has no more parts");
  if (left_ == 0) {
    const std::string& part = expected_[parts_.size()];
    if (next_name() != chunk_name(part, part_.chunks + 1)) {
      end_part();
      return false;
    }
    accept_entry(backup_chunk_bytes);
    if (left_ == 0) throw damaged();
    ++part_.chunks;
  }
  const std::string_view piece = take(std::min(left_, piece_bytes));
  part_hash_.update(piece);
  part_.bytes += piece.size();
  into.append(piece);
  if (left_ == 0) finish_entry();
  return true;
}

void ArchiveReader::skip_part() {
  std::string ignored;
  while (read(ignored)) ignored.clear();
}

void ArchiveReader::end_part() {
  part_.name = expected_[parts_.size()];
  part_.sha256 = part_hash_.finish();
  parts_.push_back(std::exchange(part_, {}));
}

void ArchiveReader::finish(const BackupSeal& seal) {
  if (parts_.size() != expected_.size()) throw std::logic_error("the backup has more parts");
  if (next_name() != end_entry) throw damaged();
  const std::string expected = end_text(parts_, whole_.finish(), seal);
  accept_entry(largest_manifest);
  if (left_ != expected.size()) throw damaged();
  std::string text;
  while (left_ > 0) text.append(take(std::min(left_, piece_bytes)));
  finish_entry();
  fill(ustar_end_bytes);
  const bool ended = all_zero(std::string_view(buffer_).substr(used_, ustar_end_bytes));
  used_ += ustar_end_bytes;
  std::string more;
  if (text != expected || !ended || used_ != buffer_.size() || source_(more)) throw damaged();
}

// Not yet part of the sum: the last entry tells of the bytes before its header.
const std::string& ArchiveReader::next_name() {
  if (!header_.empty()) return name_;
  fill(ustar_block_bytes);
  header_ = buffer_.substr(used_, ustar_block_bytes);
  used_ += ustar_block_bytes;
  name_ = ustar_name(header_);
  size_ = ustar_size(header_);
  if (name_.empty()) throw damaged();
  const auto ours = ustar_header(name_, private_mode, 0, size_);
  if (header_ != std::string_view(ours.data(), ours.size())) throw damaged();
  return name_;
}

void ArchiveReader::accept_entry(std::size_t most) {
  if (size_ > most) throw damaged();
  whole_.update(header_);
  header_.clear();
  left_ = size_;
}

void ArchiveReader::finish_entry() {
  const std::size_t padding = ustar_padding(size_);
  left_ = padding;
  if (padding > 0 && !all_zero(take(padding))) throw damaged();
}

// Of the entry being read, into the sum. Valid until the next call.
std::string_view ArchiveReader::take(std::size_t bytes) {
  fill(bytes);
  const std::string_view piece = std::string_view(buffer_).substr(used_, bytes);
  used_ += bytes;
  left_ -= bytes;
  whole_.update(piece);
  return piece;
}

void ArchiveReader::fill(std::size_t bytes) {
  if (buffer_.size() - used_ >= bytes) return;
  buffer_.erase(0, used_);
  used_ = 0;
  while (buffer_.size() < bytes) {
    if (!source_(buffer_)) {
      throw BackupError(
          "the backup ends too early: it was cut off, or never finished; use another");
    }
  }
}

}  // namespace mosaic
