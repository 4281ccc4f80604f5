// What sign-in is set to: every limit of sessions, tokens and attempts in one place, and how browsers reach us.
//
// Plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "model/clock.hpp"

namespace mosaic {

struct AuthLimits {
  Duration session_idle = std::chrono::hours(12);
  Duration session_absolute = std::chrono::hours(24 * 7);
  Duration touch_every =
      std::chrono::minutes(1);  // last-seen and last-used are written no more often
  // A positive answer of the store is remembered so long at most; changes are told and forget it at once.
  std::chrono::milliseconds remember = std::chrono::seconds(3);
  std::size_t remembered = 10'000;

  std::size_t min_password_bytes = 12;
  std::size_t max_username_bytes = 128;

  std::size_t tokens_per_account = 50;
  int token_default_days = 90;
  int token_most_days = 366;
};

struct AuthSettings {
  std::string public_url;   // "https://fleet.example.com"; empty: what each request's Host says
  bool plain_http = false;  // without TLS also under other names than localhost
  AuthLimits limits;
};

}  // namespace mosaic
