#include "cli/people_service.hpp"

#include <utility>

#include "api/auth/set_up_token.hpp"
#include "cli/outbound_policy.hpp"

namespace mosaic::cli {
namespace {

constexpr auto prune_every = std::chrono::minutes(10);
constexpr Duration audit_age = std::chrono::hours(24 * 365);

}  // namespace

PeopleService::PeopleService(PeopleServiceNeeds needs)
    : clock_(needs.clock),
      rows_(needs.rows),
      accounts_(needs.database),
      questions_(needs.database),
      api_(std::make_unique<PeopleApi>(dependencies(needs))) {
  ListenerHooks hooks;
  hooks.on_lost = [&metrics = needs.metrics, log = needs.log](const std::string& reason) {
    metrics.observation().notify_reconnects.Increment();
    log.warning("lost the database's notifications; connecting anew", {{Field::error, reason}});
  };
  listener_ = std::make_unique<NotificationListener>(
      needs.database_options,
      NotificationTargets{{api_->status_listener()}, {api_->account_listener()}}, hooks);
}

PeopleDependencies PeopleService::dependencies(const PeopleServiceNeeds& needs) {
  return PeopleDependencies{
      .clock = needs.clock,
      .agents = needs.store,
      .desired = needs.store,
      .events = needs.store,
      .accounts = accounts_,
      .settings = needs.rows,
      .questions = questions_,
      .secrets = needs.secrets,
      .passwords = passwords_,
      .auth = AuthSettings{needs.settings.public_url, needs.settings.plain_http, {}},
      .fixed = FixedSettings{needs.settings.agent_image},
      .outbound = outbound_policy(needs.settings, needs.database_options.url),
      .count_sign_in = [&metrics = needs.metrics](
                           std::string_view result) { metrics.sign_ins(result).Increment(); },
      .chat_metrics = needs.metrics.chat(),
      .log = needs.log,
  };
}

void PeopleService::start() {
  api_->start();
  listener_->start();
}

void PeopleService::stop() {
  listener_->stop();
  api_->stop();
}

void PeopleService::look_after() {
  const auto now = clock_.steady_now();
  if (now < next_prune_) return;
  next_prune_ = now + prune_every;
  accounts_.prune_accounts(clock_.now(), clock_.now() - audit_age);
}

std::optional<std::string> PeopleService::new_set_up_token() { return make_set_up_token(rows_); }

bool PeopleService::set_up_completed() { return mosaic::set_up_completed(rows_); }

}  // namespace mosaic::cli
