// Cuts a stream of bytes into lines; lines longer than the bound are dropped whole.
#pragma once

#include <string>
#include <string_view>

namespace mosaic {

class LineSplitter {
 public:
  explicit LineSplitter(std::size_t longest_line) : longest_line_(longest_line) {}

  // Where the next bytes go.
  std::string& input() { return buffer_; }

  // Calls `use` for every complete line, without its end and without empty lines. Returns how many lines were dropped.
  template <typename Use>
  std::size_t drain(Use&& use) {
    std::size_t dropped = 0;
    std::size_t begin = 0;
    for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n', begin)) {
      std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
      begin = end + 1;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (skipping_ || line.size() > longest_line_) {
        ++dropped;
      } else if (!line.empty()) {
        use(line);
      }
      skipping_ = false;
    }
    buffer_.erase(0, begin);
    if (buffer_.size() > longest_line_) {
      buffer_.clear();
      skipping_ = true;
    }
    return dropped;
  }

 private:
  const std::size_t longest_line_;
  std::string buffer_;
  bool skipping_ = false;
};

}  // namespace mosaic
