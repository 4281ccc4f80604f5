// Everything that people and their programs are served, assembled: who may ask, what they set, the fleet, the chat.
// One place builds the handlers and lists their routes.
//
// Built and destroyed by ApiServer; start() before the server listens, stop() once it has ended. The dependencies
// outlive it. The two listeners may be called from any thread between start() and stop().
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "api/auth/auth_settings.hpp"
#include "api/fixed_settings.hpp"
#include "api/router.hpp"
#include "http/outbound_guard.hpp"
#include "model/clock.hpp"
#include "secrets/password.hpp"
#include "secrets/secret_box.hpp"
#include "store/account_store.hpp"
#include "store/question_store.hpp"
#include "store/settings_store.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metric_handles.hpp"

namespace mosaic {

struct PeopleDependencies {
  const Clock& clock;
  AgentReader& agents;
  DesiredStateWriter& desired;
  EventLog& events;
  AccountStore& accounts;
  SettingsStore& settings;
  QuestionAsker& questions;
  const SecretBox& secrets;
  const PasswordHasher& passwords;
  AuthSettings auth;
  FixedSettings fixed;
  OutboundPolicy outbound;  // what no URL that a person gives may lead to
  std::function<void(std::string_view result)> count_sign_in;
  ChatMetrics chat_metrics;
  Logger log;
};

class PeopleApi {
 public:
  // Throws std::invalid_argument with one line when the public URL is malformed.
  explicit PeopleApi(PeopleDependencies dependencies);
  ~PeopleApi();
  PeopleApi(const PeopleApi&) = delete;
  PeopleApi& operator=(const PeopleApi&) = delete;

  void add_routes(Router& router);

  void start();
  void stop();

  AccountListener& account_listener();
  StatusListener& status_listener();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mosaic
