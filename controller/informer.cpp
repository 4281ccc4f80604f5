#include "controller/informer.hpp"

#include <algorithm>
#include <utility>

namespace mosaic {

Informer::Informer(const Clock& clock, AgentReader& rows, RuntimeDriver& driver,
                   const Leadership& leadership, WorkQueue& queue, InformerPolicy& policy,
                   InformerObserver& observer, InformerSettings settings)
    : clock_(clock),
      rows_(rows),
      driver_(driver),
      leadership_(leadership),
      queue_(queue),
      policy_(policy),
      observer_(observer),
      settings_(settings),
      random_(settings.seed) {}

Informer::~Informer() { stop(); }

void Informer::start() {
  thread_ = std::thread([this] { run(); });
}

void Informer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Informer::run() {
  for (;;) {
    const Duration next = run_pending();
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    // Requests that came while run_pending() worked are served at once, but only by a leader: a
    // standby keeps them, and is woken by the request that follows its election.
    if (!is_requested_locked()) wake_.wait_for(lock, next);
    if (stopping_) return;
  }
}

bool Informer::is_requested() {
  const std::lock_guard lock(mutex_);
  return is_requested_locked();
}

bool Informer::is_requested_locked() const {
  const bool requested =
      resync_requested_ || relist_requested_ || settings_changed_ || !images_changed_.empty();
  return requested && leadership_.term();
}

void Informer::wake() { wake_.notify_all(); }

void Informer::request_resync() {
  const std::lock_guard lock(mutex_);
  resync_requested_ = true;
  wake();
}

void Informer::on_row_changed(const ResourceKey& key, ChangeUrgency urgency) {
  queue_.add(
      key, urgency == ChangeUrgency::waiting_user ? Priority::waiting_user : Priority::spec_change);
}

void Informer::on_settings_changed() {
  const std::lock_guard lock(mutex_);
  settings_changed_ = true;
  wake();
}

void Informer::on_relist_needed() { request_resync(); }

void Informer::on_events_missed() {
  const std::lock_guard lock(mutex_);
  relist_requested_ = true;
  wake();
}

void Informer::on_agent_changed(const ResourceKey& key) { queue_.add(key, Priority::crash); }

void Informer::on_image_changed(const std::string& image) {
  const std::lock_guard lock(mutex_);
  images_changed_.insert(image);
  wake();
}

void Informer::on_engine_reachable(bool reachable) {
  observer_.on_engine_reachable(reachable);
  if (reachable) request_resync();
}

void Informer::on_health_changed(const ResourceKey& key) {
  queue_.add(key, Priority::waiting_user);
}

Duration Informer::jittered(Duration every) {
  const double stretch =
      1.0 + settings_.resync_jitter * std::uniform_real_distribution<double>(0.0, 1.0)(random_);
  return Duration(static_cast<std::int64_t>(static_cast<double>(every.count()) * stretch));
}

Duration Informer::run_pending() {
  bool resync_now = false;
  bool relist_now = false;
  std::unordered_set<std::string> images;
  {
    const std::lock_guard lock(mutex_);
    // A standby remembers that it must list everything, and does so once it leads.
    if (!leadership_.term()) return settings_.retry_after_failure;
    resync_now = resync_requested_ || settings_changed_;
    relist_now = relist_requested_;
    resync_requested_ = relist_requested_ = settings_changed_ = false;
    images.swap(images_changed_);
  }
  for (const auto& image : images) {
    for (const auto& key : policy_.waiting_for_image(image))
      queue_.add(key, Priority::waiting_user);
  }
  const SteadyTime now = clock_.steady_now();
  try {
    if (resync_now || now >= next_resync_) {
      resync();
    } else if (relist_now || now >= next_relist_) {
      relist();
    }
  } catch (const std::exception& error) {
    // Unknown is not absent: nothing is concluded, everything is listed again soon.
    observer_.on_relist_failed(error.what());
    const std::lock_guard lock(mutex_);
    next_resync_ = now;
    return settings_.retry_after_failure;
  }
  const auto until = std::min(next_resync_, next_relist_) - clock_.steady_now();
  return std::clamp(std::chrono::duration_cast<Duration>(until), Duration(1),
                    settings_.relist_every);
}

Informer::Snapshot Informer::take_snapshot(const std::vector<ListedContainer>& listed) {
  Snapshot snapshot;
  for (const auto& [container] : listed) {
    const auto [place, first] =
        snapshot.try_emplace(container.key, Seen{container.id, container.state});
    // Two containers for one row: the cleanup decides which one stays.
    if (!first) add_orphan(container.key);
  }
  return snapshot;
}

void Informer::add_orphan(const ResourceKey& row_key) {
  queue_.add(ResourceKey(ResourceKind::orphan, to_string(row_key)), Priority::resync);
}

// No listing shows them, and a call that was under way when its controller died may still take effect after the
// first look: so at every listing.
void Informer::add_leftovers() {
  queue_.add(ResourceKey(ResourceKind::orphan, std::string(leftovers_name)), Priority::resync);
}

void Informer::resync() {
  const SteadyTime begun = clock_.steady_now();
  policy_.refresh();
  // The engine first: a row that is created meanwhile is then merely "without a container yet".
  const auto listed = driver_.list_agents();
  const auto networks = driver_.list_networks();
  Snapshot snapshot = take_snapshot(listed);
  std::unordered_map<ResourceKey, const ContainerView*> containers;
  std::unordered_set<ResourceKey> without_row;
  for (const auto& item : listed) {
    containers.emplace(item.container.key, &item.container);
    without_row.insert(item.container.key);
  }
  for (const auto& network : networks) without_row.insert(network.key);

  std::size_t rows = 0;
  std::size_t drifted = 0;
  rows_.scan_agents([&](AgentRow&& row) {
    ++rows;
    without_row.erase(row.key);
    const auto container = containers.find(row.key);
    const Interest interest =
        policy_.interest(row, container == containers.end() ? nullptr : container->second);
    if (interest.reconcile) {
      ++drifted;
      queue_.add(row.key, Priority::resync);
    } else if (interest.look_again_in) {
      queue_.add_after(row.key, *interest.look_again_in, Priority::resync);
    }
  });
  for (const auto& key : without_row) add_orphan(key);
  add_leftovers();

  snapshot_ = std::move(snapshot);
  policy_.on_listed(listed);
  const SteadyTime now = clock_.steady_now();
  next_resync_ = now + jittered(settings_.resync_every);
  next_relist_ = now + settings_.relist_every;
  observer_.on_relisted(now - begun, rows, listed.size(), drifted + without_row.size());
}

void Informer::relist() {
  const SteadyTime begun = clock_.steady_now();
  const auto listed = driver_.list_agents();
  Snapshot snapshot = take_snapshot(listed);
  std::size_t drifted = 0;
  const auto look = [&](const ResourceKey& key) {
    ++drifted;
    queue_.add(key, Priority::resync);
  };
  for (const auto& [key, seen] : snapshot) {
    const auto before = snapshot_.find(key);
    if (before == snapshot_.end() || before->second.container_id != seen.container_id ||
        before->second.state != seen.state) {
      look(key);
    }
  }
  for (const auto& [key, seen] : snapshot_) {
    if (!snapshot.contains(key)) look(key);
  }
  add_leftovers();
  snapshot_ = std::move(snapshot);
  policy_.on_listed(listed);
  next_relist_ = clock_.steady_now() + settings_.relist_every;
  observer_.on_relisted(clock_.steady_now() - begun, 0, listed.size(), drifted);
}

}  // namespace mosaic
