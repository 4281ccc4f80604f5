// A tree of files as one stream of bytes, the same for equal trees: names in order, files by their blocks that are not all
// zero (so holes are no matter, and stay holes), then owner, mode, time of change and extended attributes of each. What
// two trees are compared by is the hash of their streams.
//
// Kept: files, folders, symbolic and hard links, pipes; extended attributes of users and access control lists. Left out:
// sockets and devices, which mean nothing without the process or machine that made them.
//
// Whatever cannot be done ends the program with its exit code (Exit). One thread.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sha256.hpp"

enum Exit : int { exit_usage = 2, exit_peer = 3, exit_differs = 4, exit_full = 5, exit_files = 6 };

[[noreturn]] inline void give_up(int code, const std::string& what) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  std::fprintf(stderr, "mosaic-move: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(code == exit_files && full ? exit_full : code);
}

// Of a call on files.
template <typename Number>
Number need(Number answer, const std::string& what) {
  if (answer < 0) give_up(exit_files, what);
  return answer;
}

enum class Entry : unsigned char {
  tree = 'T',    // the next of the trees
  folder = 'd',  // until its `up`
  up = 'u',
  file = 'f',
  symlink = 'l',
  hard_link = 'h',
  pipe = 'p',
  end = 'e'
};

constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::size_t longest_text = 1024 * 1024;
constexpr std::size_t most_attributes = 4096;

// Where a stream goes: into its hash, and perhaps to somebody.
class Sink {
 public:
  virtual ~Sink() = default;
  void put(const void* data, std::size_t size) {
    hash.add(data, size);
    write(data, size);
  }
  void put(std::uint64_t number) {
    std::array<unsigned char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<unsigned char>(number >> (8 * i));
    put(bytes.data(), bytes.size());
  }
  void put(Entry entry) { put(&entry, 1); }
  void put(const std::string& text) {
    put(std::uint64_t{text.size()});
    put(text.data(), text.size());
  }

  Sha256 hash;

 private:
  virtual void write(const void*, std::size_t) {}
};

class Source {
 public:
  virtual ~Source() = default;
  void get(void* data, std::size_t size) {
    read(data, size);
    hash.add(data, size);
  }
  std::uint64_t number() {
    std::array<unsigned char, 8> bytes;
    get(bytes.data(), bytes.size());
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | bytes[i];
    return number;
  }
  Entry entry() {
    Entry entry{};
    get(&entry, 1);
    return entry;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > longest_text) malformed();
    std::string text(static_cast<std::size_t>(size), '\0');
    get(text.data(), text.size());
    return text;
  }
  // Of something directly within a folder.
  std::string name() {
    std::string name = text();
    if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
      malformed();
    return name;
  }
  [[noreturn]] static void malformed() {
    errno = EBADMSG;
    give_up(exit_peer, "what came is no copy");
  }

  Sha256 hash;

 private:
  virtual void read(void* data, std::size_t size) = 0;
};

inline bool is_kept(const std::string& attribute) {
  return attribute.starts_with("user.") || attribute.starts_with("system.posix_acl_");
}

// --- a tree into its stream ---

class TreeReader {
 public:
  explicit TreeReader(Sink& sink) : sink_(sink) {}

  void tree(const std::string& root) {
    const int folder = need(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), root);
    links_.clear();
    sink_.put(Entry::tree);
    contents(folder, "");
    ::close(folder);
  }
  void end() { sink_.put(Entry::end); }

 private:
  static std::vector<std::string> names_in(int folder) {
    const int again = need(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
    DIR* listing = ::fdopendir(again);
    if (listing == nullptr) give_up(exit_files, "list a folder");
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(listing)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    if (errno != 0) give_up(exit_files, "list a folder");
    ::closedir(listing);
    std::sort(names.begin(), names.end());
    return names;
  }

  void contents(int folder, const std::string& path) {
    for (const std::string& name : names_in(folder)) {
      struct stat status {};
      need(::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW), name);
      one(folder, name, path + name, status);
    }
    sink_.put(Entry::up);
    struct stat status {};
    need(::fstat(folder, &status), path);
    attributes(status);
    extended_attributes(folder);
  }

  void one(int folder, const std::string& name, const std::string& path,
           const struct stat& status) {
    if (S_ISDIR(status.st_mode)) {
      begin(Entry::folder, name);
      const int within = need(
          ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), path);
      contents(within, path + "/");
      ::close(within);
      return;
    }
    const bool kept =
        S_ISREG(status.st_mode) || S_ISLNK(status.st_mode) || S_ISFIFO(status.st_mode);
    if (!kept) return;
    if (status.st_nlink > 1) {
      const auto [first, is_first] = links_.try_emplace({status.st_dev, status.st_ino}, path);
      if (!is_first) {
        begin(Entry::hard_link, name);
        sink_.put(first->second);
        return;
      }
    }
    if (S_ISREG(status.st_mode)) return file(folder, name, status);
    begin(S_ISLNK(status.st_mode) ? Entry::symlink : Entry::pipe, name);
    if (S_ISLNK(status.st_mode)) sink_.put(target_of(folder, name, status));
    attributes(status);
  }

  void begin(Entry entry, const std::string& name) {
    sink_.put(entry);
    sink_.put(name);
  }

  static std::string target_of(int folder, const std::string& name, const struct stat& status) {
    std::string target(static_cast<std::size_t>(status.st_size) + 1, '\0');
    const ssize_t length =
        need(::readlinkat(folder, name.c_str(), target.data(), target.size()), name);
    target.resize(static_cast<std::size_t>(length));
    return target;
  }

  void file(int folder, const std::string& name, const struct stat& status) {
    const int file = need(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), name);
    begin(Entry::file, name);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    sink_.put(size);
    for (std::uint64_t at = next_data(file, 0, size); at < size;
         at = next_data(file, at + block_bytes, size))
      block(file, at, std::min<std::uint64_t>(block_bytes, size - at), name);
    sink_.put(std::uint64_t{0});
    attributes(status);
    extended_attributes(file);
    ::close(file);
  }

  // The beginning of the block where the next data may be; `size`: there is none.
  static std::uint64_t next_data(int file, std::uint64_t from, std::uint64_t size) {
    if (from >= size) return size;
    const off_t found = ::lseek(file, static_cast<off_t>(from), SEEK_DATA);
    if (found < 0) return errno == ENXIO ? size : from;
    return std::max(from, static_cast<std::uint64_t>(found) / block_bytes * block_bytes);
  }

  void block(int file, std::uint64_t at, std::uint64_t length, const std::string& name) {
    std::size_t held = 0;
    while (held < length) {
      const ssize_t count =
          need(::pread(file, buffer_.data() + held, static_cast<std::size_t>(length) - held,
                       static_cast<off_t>(at + held)),
               name);
      if (count == 0) give_up(exit_files, name + " became shorter while it was read");
      held += static_cast<std::size_t>(count);
    }
    const bool empty = std::all_of(buffer_.begin(), buffer_.begin() + static_cast<long>(length),
                                   [](char byte) { return byte == 0; });
    if (empty) return;
    sink_.put(length);
    sink_.put(at);
    sink_.put(buffer_.data(), static_cast<std::size_t>(length));
  }

  void attributes(const struct stat& status) {
    sink_.put(std::uint64_t{status.st_mode & 07777U});
    sink_.put(std::uint64_t{status.st_uid});
    sink_.put(std::uint64_t{status.st_gid});
    sink_.put(static_cast<std::uint64_t>(status.st_mtim.tv_sec));
    sink_.put(static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
  }

  void extended_attributes(int file) {
    std::string list(64 * 1024, '\0');
    const ssize_t length = ::flistxattr(file, list.data(), list.size());
    if (length < 0 && errno != ENOTSUP) give_up(exit_files, "list extended attributes");
    list.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    std::map<std::string, std::string> kept;
    for (std::size_t at = 0; at < list.size(); at += std::strlen(list.c_str() + at) + 1) {
      const std::string name = list.c_str() + at;
      if (!is_kept(name)) continue;
      std::string value(64 * 1024, '\0');
      value.resize(static_cast<std::size_t>(
          need(::fgetxattr(file, name.c_str(), value.data(), value.size()), name)));
      kept.emplace(name, std::move(value));
    }
    sink_.put(std::uint64_t{kept.size()});
    for (const auto& [name, value] : kept) {
      sink_.put(name);
      sink_.put(value);
    }
  }

  Sink& sink_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;  // where each was met first
  std::array<char, block_bytes> buffer_;
};

// --- a stream into a tree ---

inline void empty_folder(int folder);

inline void remove_within(int folder, const char* name) {
  if (::unlinkat(folder, name, 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) give_up(exit_files, std::string("remove ") + name);
  const int within =
      need(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), name);
  empty_folder(within);
  ::close(within);
  need(::unlinkat(folder, name, AT_REMOVEDIR), name);
}

inline void empty_folder(int folder) {
  const int again = need(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
  DIR* listing = ::fdopendir(again);
  if (listing == nullptr) give_up(exit_files, "list a folder");
  while (const dirent* entry = ::readdir(listing)) {
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
      remove_within(folder, entry->d_name);
  }
  ::closedir(listing);
}

class TreeWriter {
 public:
  explicit TreeWriter(Source& source) : source_(source) {}

  // All trees, into folders that exist and are emptied first.
  void trees(const std::vector<std::string>& roots) {
    for (const std::string& root : roots) {
      if (source_.entry() != Entry::tree) Source::malformed();
      const int folder = need(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), root);
      empty_folder(folder);
      tree(folder);
      need(::syncfs(folder), root);
      ::close(folder);
    }
    if (source_.entry() != Entry::end) Source::malformed();
  }

 private:
  void tree(int root) {
    std::vector<int> folders{root};
    while (!folders.empty()) {
      const Entry entry = source_.entry();
      const int folder = folders.back();
      if (entry == Entry::up) {
        finish(folder);
        if (folder != root) ::close(folder);
        folders.pop_back();
        continue;
      }
      const std::string name = source_.name();
      if (entry == Entry::folder) {
        need(::mkdirat(folder, name.c_str(), 0700), name);
        folders.push_back(need(
            ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), name));
      } else {
        leaf(entry, root, folder, name);
      }
    }
  }

  void leaf(Entry entry, int root, int folder, const std::string& name) {
    switch (entry) {
      case Entry::file:
        return file(folder, name);
      case Entry::symlink:
        need(::symlinkat(source_.text().c_str(), folder, name.c_str()), name);
        return attributes_of_link(folder, name, false);
      case Entry::pipe:
        need(::mkfifoat(folder, name.c_str(), 0600), name);
        return attributes_of_link(folder, name, true);
      case Entry::hard_link:
        need(::linkat(root, source_.text().c_str(), folder, name.c_str(), 0), name);
        return;
      default:
        Source::malformed();
    }
  }

  void file(int folder, const std::string& name) {
    const int file = need(
        ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
        name);
    const std::uint64_t size = source_.number();
    need(::ftruncate(file, static_cast<off_t>(size)), name);
    while (const std::uint64_t length = source_.number()) {
      const std::uint64_t at = source_.number();
      if (length > buffer_.size() || at > size || length > size - at) Source::malformed();
      source_.get(buffer_.data(), static_cast<std::size_t>(length));
      for (std::size_t written = 0; written < length;) {
        written += static_cast<std::size_t>(need(
            ::pwrite(file, buffer_.data() + written, static_cast<std::size_t>(length) - written,
                     static_cast<off_t>(at + written)),
            name));
      }
    }
    finish(file);
    ::close(file);
  }

  struct Attributes {
    mode_t mode;
    uid_t user;
    gid_t group;
    std::array<timespec, 2> times;
  };
  Attributes attributes() {
    Attributes read{};
    read.mode = static_cast<mode_t>(source_.number());
    read.user = static_cast<uid_t>(source_.number());
    read.group = static_cast<gid_t>(source_.number());
    const auto seconds = static_cast<time_t>(source_.number());
    const auto nanoseconds = static_cast<long>(source_.number());
    read.times = {timespec{0, UTIME_OMIT}, timespec{seconds, nanoseconds}};
    return read;
  }

  // The owner first: a change of it takes set-id bits away. The time last: all else changes it.
  void finish(int file) {
    const Attributes read = attributes();
    need(::fchown(file, read.user, read.group), "give to its owner");
    need(::fchmod(file, read.mode), "set the mode");
    const std::uint64_t count = source_.number();
    if (count > most_attributes) Source::malformed();
    for (std::uint64_t index = 0; index < count; ++index) {
      const std::string name = source_.text();
      const std::string value = source_.text();
      if (!is_kept(name)) Source::malformed();
      need(::fsetxattr(file, name.c_str(), value.data(), value.size(), 0), name);
    }
    need(::futimens(file, read.times.data()), "set the time");
  }

  void attributes_of_link(int folder, const std::string& name, bool has_mode) {
    const Attributes read = attributes();
    need(::fchownat(folder, name.c_str(), read.user, read.group, AT_SYMLINK_NOFOLLOW), name);
    if (has_mode) need(::fchmodat(folder, name.c_str(), read.mode, 0), name);
    need(::utimensat(folder, name.c_str(), read.times.data(), AT_SYMLINK_NOFOLLOW), name);
  }

  Source& source_;
  std::array<char, block_bytes> buffer_;
};
