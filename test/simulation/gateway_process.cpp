#include "test/simulation/gateway_process.hpp"

#include <utility>

namespace mosaic::simulation {
namespace {

constexpr Duration tick_interval = std::chrono::milliseconds(500);
constexpr Duration idle_tick_interval = std::chrono::seconds(5);

}  // namespace

GatewayProcess::GatewayProcess(const GatewayWorld& world, const std::string& name)
    : world_(world),
      process_(name),
      store_(world.store, process_, world.interruptions, world.invariants),
      settings_(world.settings, process_, world.interruptions, world.next_id),
      ledger_(world.clock, store_, name, {},
              [this](const std::string& line) {
                world_.invariants.text_written("a report of " + process_.name, line);
              }),
      desk_(DeskDependencies{world.clock, settings_, world.box, ledger_, executor_.executor()}),
      next_tick_(world.clock.steady_now()) {}

GatewayProcess::~GatewayProcess() {
  process_.dead = true;
  for (const auto& [number, chat] : chats_) world_.invariants.chat_ended(number);
}

void GatewayProcess::chat(int number, const std::string& owner) {
  const OnStack on_stack(process_);
  Account account;
  account.id = owner;
  chats_[number];
  if (auto seat = desk_.seat_at_once(account)) return seated(number, std::move(*seat));
  WaitCallbacks callbacks;
  callbacks.on_seat = [this, number](AgentSeat seat) { seated(number, std::move(seat)); };
  callbacks.on_refused = [this](const DeskRefusal& refusal) {
    world_.invariants.text_written("a refusal", refusal.detail + refusal.remedy);
  };
  auto outcome = desk_.wait(account, std::move(callbacks));
  const auto chat = chats_.find(number);
  if (auto* ticket = std::get_if<AgentDesk::Ticket>(&outcome); ticket && chat != chats_.end())
    chat->second.ticket = std::move(*ticket);
}

void GatewayProcess::seated(int number, AgentSeat seat) {
  const auto chat = chats_.find(number);
  if (process_.dead || chat == chats_.end()) return;
  ++seats_given_;
  const std::string& process = seat.address->process;
  world_.invariants.chat_began(number, process_.name, seat.address->agent,
                               process.substr(0, process.find('@')), seat.address->token);
  chat->second.seat = std::move(seat);
}

void GatewayProcess::leave(int number) {
  const auto chat = chats_.find(number);
  if (chat == chats_.end()) return;
  // Told first: what follows the release is no use any more.
  world_.invariants.chat_ended(number);
  chats_.erase(chat);
}

bool GatewayProcess::step(unsigned choice) {
  if (process_.dead || process_.paused) return false;
  const OnStack on_stack(process_);
  return choice % 2 == 0 ? look() || tick() : tick() || look();
}

// One piece of work of the executor, as one of its threads would take it.
bool GatewayProcess::look() { return executor_.run_one(); }

bool GatewayProcess::tick() {
  if (ticking_ || world_.clock.steady_now() < next_tick_) return false;
  ticking_ = true;
  ledger_.tick();
  desk_.tick();
  ticking_ = false;
  next_tick_ = world_.clock.steady_now() + (chats_.empty() ? idle_tick_interval : tick_interval);
  return true;
}

SteadyTime GatewayProcess::next_due() const { return next_tick_; }

}  // namespace mosaic::simulation
