// What goes wrong between us and an HTTP server before there is a complete answer.
#pragma once

#include <stdexcept>
#include <string>

namespace mosaic {

enum class HttpErrorKind {
  cannot_connect,  // no server there, or it refuses us; error_number() says why
  tls,             // the handshake failed: who the server is or who we are is not accepted
  time_up,         // the deadline passed: the server may or may not have done what was asked
  interrupted,
  closed,     // the connection ended before the answer was complete
  malformed,  // the answer is not HTTP
  too_large,  // the answer is larger than we take
};

class HttpError : public std::runtime_error {
 public:
  HttpError(HttpErrorKind kind, const std::string& message, int error_number = 0)
      : std::runtime_error(message), kind_(kind), error_number_(error_number) {}

  HttpErrorKind kind() const { return kind_; }
  int error_number() const { return error_number_; }  // errno where there is one; else 0

 private:
  HttpErrorKind kind_;
  int error_number_;
};

}  // namespace mosaic
