#include "api/gateway/gateway_parts.hpp"

#include <exception>
#include <utility>

#include "secrets/token.hpp"

namespace mosaic {
namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(250);

}  // namespace

GatewayParts::GatewayParts(const GatewayPartsNeeds& needs, const GatewayPartsSettings& settings)
    : report_(needs.report),
      store_work_(settings.store_threads, settings.queued_store_work),
      ledger_(needs.clock, needs.desired, random_id(), settings.activity, needs.report),
      desk_(DeskDependencies{needs.clock, needs.settings, needs.secrets, ledger_, executor()},
            settings.desk),
      turns_(needs.accounts, needs.secrets, needs.clock, executor(), settings.turns),
      desk_ticker_(tick_interval, [this] { desk_.tick(); }),
      store_ticker_(tick_interval, [this] {
        ledger_.tick();
        turns_.tick();
      }) {}

GatewayParts::~GatewayParts() { stop(); }

BlockingExecutor GatewayParts::executor() {
  return [this](std::function<void()> work) { return store_work_.try_submit(std::move(work)); };
}

void GatewayParts::start() {
  desk_ticker_.start();
  store_ticker_.start();
}

void GatewayParts::close() { desk_.close(); }

void GatewayParts::stop() {
  if (std::exchange(stopped_, true)) return;
  desk_.close();
  desk_ticker_.stop();
  store_ticker_.stop();
  store_work_.stop();
  turns_.tick();
  try {
    ledger_.flush();
  } catch (const std::exception& error) {
    if (report_) report_(std::string("cannot write which agents were in use: ") + error.what());
  }
}

}  // namespace mosaic
