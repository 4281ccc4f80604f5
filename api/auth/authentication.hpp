// All of sign-in, put together: the gatekeeper before every route, and the routes of sign-in itself.
//
// Safe from any thread; what it is given outlives it, and it outlives the router that its routes are in.
#pragma once

#include <memory>

#include "api/access.hpp"
#include "api/auth/auth_settings.hpp"
#include "api/auth/session_desk.hpp"
#include "http/outbound_client.hpp"
#include "model/clock.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/settings_store.hpp"
#include "telemetry/log.hpp"

namespace mosaic {

struct AuthDependencies {
  AccountStore& accounts;
  SettingsStore& settings;
  const Clock& clock;
  const SecretBox& secrets;
  OutboundClient& outbound;
  OutboundPolicy outbound_policy;  // the agents' subnets, our own addresses and ports
  SignInCounter count_sign_in;
  Logger log;
};

class Authentication {
 public:
  // Throws std::invalid_argument with one line when the public URL is malformed.
  Authentication(const AuthSettings& settings, AuthDependencies dependencies);
  ~Authentication();
  Authentication(const Authentication&) = delete;
  Authentication& operator=(const Authentication&) = delete;

  Gatekeeper& gatekeeper();
  // To be told of changed accounts by the store's listener, and by every handler that changes one.
  AccountListener& remembered();
  void add_routes(GuardedRoutes& routes) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic
