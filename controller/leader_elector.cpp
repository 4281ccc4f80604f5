#include "controller/leader_elector.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

namespace mosaic {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Field 22 of /proc/PID/stat, in clock ticks since boot; empty when there is no such process. The
// command's name (field 2) may hold spaces and parentheses, so the fields are counted from its last
// parenthesis.
std::string start_time_of(const std::string& pid) {
  const std::string stat = first_line("/proc/" + pid + "/stat");
  const auto after_name = stat.rfind(')');
  if (after_name == std::string::npos) return {};
  std::istringstream fields(stat.substr(after_name + 1));
  std::string field;
  char state = 0;
  for (int number = 3; number <= 22 && (fields >> field); ++number) {
    if (number == 3) state = field.front();
  }
  // A zombie holds nothing any more.
  return state == 'Z' ? std::string{} : field;
}

std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id"); }

std::string pid_namespace() {
  struct stat info {};
  return stat("/proc/self/ns/pid", &info) == 0 ? std::to_string(info.st_ino) : std::string{};
}

}  // namespace

std::string this_process_as_holder() {
  char host[256] = "unknown";
  gethostname(host, sizeof host - 1);
  std::string name(host);
  for (auto& c : name) {
    if (c == ':') c = '-';
  }
  const std::string pid = std::to_string(getpid());
  return name + ":" + pid + ":" + start_time_of(pid) + ":" + boot_id() + ":" + pid_namespace();
}

bool holder_is_dead(const std::string& holder) {
  std::vector<std::string> parts;
  std::istringstream text(holder);
  for (std::string part; std::getline(text, part, ':');) parts.push_back(part);
  if (parts.size() != 5) return false;
  for (const auto& part : parts) {
    if (part.empty()) return false;
  }
  if (parts[3] != boot_id() || parts[4] != pid_namespace()) return false;
  return start_time_of(parts[1]) != parts[2];
}

LeaseSettings LeaseSettings::lasting(Duration time_to_live) {
  LeaseSettings settings;
  settings.time_to_live = time_to_live;
  settings.renew_every = time_to_live / 3;
  return settings;
}

LeaderElector::LeaderElector(const Clock& clock, LeaseStore& store, std::string holder,
                             LeaseSettings settings, Callbacks callbacks)
    : clock_(clock),
      store_(store),
      holder_(std::move(holder)),
      settings_(settings),
      callbacks_(std::move(callbacks)) {}

LeaderElector::~LeaderElector() { stop(); }

std::optional<Term> LeaderElector::term() const {
  const std::lock_guard lock(mutex_);
  if (!term_ || clock_.steady_now() >= trusted_until_) return std::nullopt;
  return term_;
}

void LeaderElector::start() {
  thread_ = std::thread([this] { run(); });
}

void LeaderElector::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const Duration next = tick();
    lock.lock();
    stop_requested_.wait_for(lock, next, [this] { return stopping_; });
  }
}

void LeaderElector::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_requested_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  std::optional<Term> held;
  {
    const std::lock_guard lock(mutex_);
    held = std::exchange(term_, std::nullopt);
  }
  if (!held) return;
  try {
    store_.release_lease(holder_, *held);
  } catch (const StoreError& error) {
    // Not released, it expires; a successor merely waits longer.
    if (callbacks_.database_failed) callbacks_.database_failed(error.what());
  }
}

Duration LeaderElector::tick() {
  const SteadyTime before_request = clock_.steady_now();
  std::optional<Term> held;
  {
    const std::lock_guard lock(mutex_);
    held = term_;
  }
  try {
    if (held && store_.renew_lease(holder_, *held, settings_.time_to_live)) {
      const std::lock_guard lock(mutex_);
      trusted_until_ = before_request + settings_.time_to_live - settings_.margin;
      return settings_.renew_every;
    }
    if (held) lose();
    if (const auto acquired = acquire()) {
      gain(*acquired, before_request);
      return settings_.renew_every;
    }
  } catch (const StoreError& error) {
    if (callbacks_.database_failed) callbacks_.database_failed(error.what());
    // What is held stays held until its trust ends; then it is lost, whatever the database says
    // later.
    if (held && !term()) lose();
  }
  return settings_.retry_every;
}

std::optional<Term> LeaderElector::acquire() {
  const LeaseView present = store_.lease();
  const bool dead =
      !present.holder.empty() && present.holder != holder_ && holder_is_dead(present.holder);
  return store_.acquire_lease(holder_, settings_.time_to_live,
                              dead ? present.holder : std::string{});
}

void LeaderElector::gain(Term term, SteadyTime before_request) {
  {
    const std::lock_guard lock(mutex_);
    term_ = term;
    trusted_until_ = before_request + settings_.time_to_live - settings_.margin;
  }
  if (callbacks_.became_leader) callbacks_.became_leader(term);
}

void LeaderElector::lose() {
  {
    const std::lock_guard lock(mutex_);
    term_.reset();
  }
  if (callbacks_.lost) callbacks_.lost();
}

}  // namespace mosaic
