#include "cli/text_source.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "cli/failure.hpp"
#include "cli/file_descriptor.hpp"

namespace mosaic::cli {
namespace {

constexpr std::size_t max_secret_bytes = 4096;

std::string read_stream(std::istream& stream, std::size_t max_bytes, const std::string& name) {
  std::string text(max_bytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) throw CommandError("cannot read " + name);
  if (text.size() > max_bytes) {
    throw CommandError(name + " is longer than " + std::to_string(max_bytes) +
                       " bytes; that is too much");
  }
  return text;
}

// Puts the terminal back as it was, whatever happens.
class NoEcho {
 public:
  explicit NoEcho(int terminal) : terminal_(terminal) {
    if (::tcgetattr(terminal_, &before_) != 0)
      throw CommandError("this terminal cannot hide a password");
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal_, TCSAFLUSH, &silent);
  }
  ~NoEcho() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  int terminal_;
  termios before_{};
};

void say(int terminal, const std::string& text) {
  if (::write(terminal, text.data(), text.size()) < 0)
    throw CommandError("cannot write to the terminal");
}

std::string read_line(int terminal, const std::string& prompt) {
  say(terminal, prompt);
  const NoEcho silence(terminal);
  std::string line;
  for (char c = 0; line.size() < max_secret_bytes;) {
    const ssize_t bytes = ::read(terminal, &c, 1);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0 || c == '\n') break;
    line += c;
  }
  say(terminal, "\n");
  return line;
}

}  // namespace

std::string read_text(const std::string& file_or_dash, std::istream& in, std::size_t max_bytes) {
  if (file_or_dash == "-") return read_stream(in, max_bytes, "standard input");
  std::ifstream file(file_or_dash);
  if (!file) throw CommandError("cannot read " + file_or_dash + ": " + std::strerror(errno));
  return read_stream(file, max_bytes, file_or_dash);
}

std::string read_secret(const std::string& file_or_dash, std::istream& in) {
  std::string secret = read_text(file_or_dash, in, max_secret_bytes);
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty())
    throw CommandError((file_or_dash == "-" ? "standard input" : file_or_dash) + " is empty");
  return secret;
}

std::string ask_new_password(const std::string& whose) {
  const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) {
    throw UsageError(
        "there is no terminal to ask for the password; give --password-file FILE, or - for "
        "standard input");
  }
  const std::string first = read_line(terminal.get(), "Password for " + whose + ": ");
  const std::string second = read_line(terminal.get(), "Once more: ");
  if (first != second) throw CommandError("the two passwords differ; nothing was changed");
  if (first.empty()) throw CommandError("the password is empty; nothing was changed");
  return first;
}

}  // namespace mosaic::cli
