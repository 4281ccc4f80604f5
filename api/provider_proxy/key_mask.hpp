// Keeps a secret out of bytes that pass in pieces of any length: each byte of it becomes an asterisk, so that no length
// changes. What could be the secret's beginning at the end of a piece is held back until it is clear.
//
// Sans I/O, on one thread. Only the secret as it stands is found, not what somebody has coded otherwise.
#pragma once

#include <string>
#include <string_view>

namespace mosaic {

class KeyMask {
 public:
  // A secret so short that it stands in any text is none: nothing is masked then.
  explicit KeyMask(std::string_view secret);

  // What may go on now; valid until the next call.
  std::string_view pass(std::string_view piece);
  // The rest, once nothing more comes.
  std::string_view rest();

 private:
  std::string secret_;
  std::string held_back_;
  std::string passing_;
};

}  // namespace mosaic
