#include "api/standing_rights.hpp"

#include <exception>
#include <utility>

namespace mosaic {

StandingRights::StandingRights(Gatekeeper& gatekeeper, const Clock& clock,
                               BlockingExecutor executor, Logger log, StandingRightLimits limits)
    : gatekeeper_(gatekeeper),
      clock_(clock),
      executor_(std::move(executor)),
      log_(std::move(log)),
      limits_(limits) {}

void StandingRights::tick() {
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  for (auto& [account_id, standing] : standing_) {
    if (now < standing.next_look) continue;
    standing.next_look = now + limits_.interval;
    standing.holder->look_again();
  }
}

// Counted first: whoever is not among those told has yet to compare the ticket.
void StandingRights::on_account_changed(const std::string& account_id) {
  ++changes_;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = standing_.equal_range(account_id);
  for (auto place = begin; place != end; ++place) place->second.holder->look_again();
}

void StandingRights::on_accounts_missed() {
  ++changes_;
  const std::lock_guard lock(mutex_);
  for (auto& [account_id, standing] : standing_) standing.holder->look_again();
}

StandingRights::Place StandingRights::add(const std::string& account_id, Holder& holder) {
  const Standing standing{&holder, clock_.steady_now() + limits_.interval};
  const std::lock_guard lock(mutex_);
  return standing_.emplace(account_id, standing);
}

void StandingRights::remove(Place place) {
  const std::lock_guard lock(mutex_);
  standing_.erase(place);
}

void StandingRights::look_soon(Place place) {
  const auto next_look = clock_.steady_now() + limits_.retry;
  const std::lock_guard lock(mutex_);
  place->second.next_look = next_look;
}

StandingRights::Answer StandingRights::look(const Request& request, const AccessRule& rule) {
  Answer answer;
  try {
    auto admitted = gatekeeper_.admit(request, rule);
    if (auto* refusal = std::get_if<Response>(&admitted)) answer.refusal = std::move(*refusal);
    answer.known = true;
    store_away_ = false;
  } catch (const std::exception& error) {
    if (!store_away_.exchange(true))
      log_.warning("cannot look again at the rights of those whose streams and chats go on",
                   {{Field::error, error.what()}});
  }
  return answer;
}

}  // namespace mosaic
