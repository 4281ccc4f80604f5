// Sign-in over stores in memory, asked without a socket: people, their sessions and tokens, and requests as they make
// them.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/auth/access_decision.hpp"
#include "api/auth/api_token.hpp"
#include "api/auth/gatekeeper.hpp"
#include "secrets/token.hpp"
#include "test/auth/tiny_stores.hpp"
#include "test/fakes/fake_clock.hpp"

namespace mosaic::test {

inline const std::string own_host = "fleet.example.com";

class AuthFixture : public testing::Test {
 protected:
  AuthFixture() {
    put("alice", Role::user);
    put("root", Role::admin);
    put("gone", Role::admin, true);
  }

  void put(const std::string& id, Role role, bool disabled = false) {
    Account account;
    account.id = id;
    account.name = id;
    account.role = role;
    account.disabled = disabled;
    accounts.put(account);
  }

  // The cookie's value.
  std::string session_of(const std::string& account_id) {
    const auto cookie = generate_token();
    SessionRow row;
    row.token_hash = sha256_hex(cookie);
    row.account_id = account_id;
    row.created_at = row.last_seen_at = clock.now();
    row.expires_at = clock.now() + limits.session_absolute;
    accounts.create_session(row);
    return cookie;
  }

  ApiTokenText token_of(const std::string& account_id, Scopes scopes = Scopes::all()) {
    const auto text = new_api_token();
    ApiTokenRow row;
    row.id = text.id;
    row.account_id = account_id;
    row.secret_hash = sha256_hex(text.secret);
    row.scopes = scopes;
    row.created_at = clock.now();
    row.expires_at = clock.now() + std::chrono::hours(24);
    accounts.create_token(row);
    return text;
  }

  static Request request(std::string method, std::string path, std::string body = "") {
    Request made;
    made.method = std::move(method);
    made.path = std::move(path);
    made.body = std::move(body);
    made.peer_address = "192.0.2.7";
    made.fields = {{"host", own_host}};
    if (made.method != "GET") {
      made.fields.push_back({"sec-fetch-site", "same-origin"});
      made.fields.push_back({"content-type", "application/json"});
    }
    return made;
  }
  static Request with_cookie(Request made, const std::string& cookie) {
    made.fields.push_back({"cookie", "__Host-mosaic=" + cookie});
    return made;
  }
  static Request with_bearer(Request made, const std::string& bearer) {
    made.fields.push_back({"authorization", "Bearer " + bearer});
    return made;
  }

  // The status of the refusal; 0: admitted.
  int status(const Request& asked, const AccessRule& rule) {
    const auto admitted = gatekeeper.admit(asked, rule);
    const auto* refusal = std::get_if<Response>(&admitted);
    return refusal == nullptr ? 0 : refusal->status;
  }
  Caller caller(const Request& asked,
                const AccessRule& rule = {Admission::anonymous, Scope::read}) {
    const auto admitted = gatekeeper.admit(asked, rule);
    const auto* passed = std::get_if<Caller>(&admitted);
    return passed == nullptr ? Caller{} : *passed;
  }

  AuthLimits limits;
  FakeClock clock;
  TinyAccounts accounts;
  TinySettings settings;
  PublicOrigin origin{"", false};
  StoreGatekeeper gatekeeper{accounts, settings, clock, origin, limits};
};

inline nlohmann::json json_of(const Response& response) {
  return nlohmann::json::parse(response.body, nullptr, false);
}

// The value of the cookie that the response sets; empty when it sets none.
inline std::string cookie_set_by(const Response& response) {
  for (const auto& field : response.fields) {
    const std::string start = "__Host-mosaic=";
    if (lower_case(field.name) == "set-cookie" && field.value.starts_with(start))
      return field.value.substr(start.size(), field.value.find(';') - start.size());
  }
  return "";
}

}  // namespace mosaic::test
