#include "test/proof.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace mosaic::test {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result.push_back('\\');
    result.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return result + "\"";
}

}  // namespace

void write_proof(const ProofLine& line) {
  const char* file = std::getenv("MOSAIC_PROOF");
  if (file == nullptr || *file == '\0') return;
  const std::string text =
      "{\"section\":" + quoted(line.section) + ",\"claim\":" + quoted(line.claim) +
      ",\"figure\":" + quoted(line.figure) + ",\"held\":" + (line.held ? "true" : "false") + "}\n";
  const int descriptor = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) ==
                                              static_cast<ssize_t>(text.size());
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!written) throw std::system_error(error, std::generic_category(), "MOSAIC_PROOF");
}

}  // namespace mosaic::test
