#include "runtime/docker/event_watcher.hpp"

#include <pthread.h>

#include <algorithm>

#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

constexpr std::size_t longest_line = 256 * 1024;
constexpr Duration first_wait = std::chrono::milliseconds(100);
constexpr Duration longest_wait = std::chrono::seconds(5);

// No filter by label: the engine's network events carry no labels at all. What is filtered out instead is the noise
// of exec and health checks.
EngineRequest events_request() {
  EngineRequest request;
  request.route = "/events";
  request.path =
      "/events?" +
      engine_filters({{"type", {"container", "network", "image"}},
                      {"event",
                       {"create", "start", "die", "oom", "destroy", "pause", "unpause", "rename",
                        "update", "remove", "pull", "tag", "untag", "load", "import", "delete"}}});
  request.doing = "follow the engine's events";
  return request;
}

}  // namespace

EventWatcher::EventWatcher(EngineClient& engine, const DockerSettings& settings, const Clock& clock,
                           EngineListener& listener, Hooks hooks)
    : engine_(engine),
      instance_(settings.instance),
      securing_interval_(settings.securing_interval),
      clock_(clock),
      listener_(listener),
      hooks_(std::move(hooks)),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "mosaic-events");
}

EventWatcher::~EventWatcher() {
  interrupt_.raise();
  thread_.join();
}

std::optional<TimePoint> EventWatcher::last_heard_at() const {
  const Duration::rep at = last_heard_ms_;
  if (at == 0) return std::nullopt;
  return TimePoint(Duration(at));
}

void EventWatcher::run() {
  Duration wait = first_wait;
  while (!interrupt_.raised()) {
    if (follow_once()) {
      wait = first_wait;
    } else {
      tell_reachable(false);
      if (interrupt_.wait_for(wait)) return;
      wait = std::min(wait * 2, longest_wait);
    }
  }
}

bool EventWatcher::follow_once() {
  try {
    const std::unique_ptr<HttpBodyStream> stream = engine_.open(events_request(), &interrupt_);
    connected_ = true;
    heard();
    tell_reachable(true);
    hooks_.secure();
    listener_.on_events_missed();
    follow(*stream);
  } catch (const std::exception&) {
    // An engine that cannot be followed is not reachable: that is what the listener hears. Why it is so, the calls
    // of the reconcilers tell in words.
    if (!connected_) return false;
  }
  connected_ = false;
  hooks_.on_lost();
  return true;
}

void EventWatcher::follow(HttpBodyStream& stream) {
  LineSplitter lines(longest_line);
  auto next_securing = std::chrono::steady_clock::now() + securing_interval_;
  for (;;) {
    switch (stream.read(lines.input(), WaitLimit{next_securing, &interrupt_})) {
      case HttpBodyStream::Outcome::ended:
      case HttpBodyStream::Outcome::interrupted:
        return;
      case HttpBodyStream::Outcome::data:
        heard();
        read_lines(lines);
        break;
      case HttpBodyStream::Outcome::time_up:
        break;
    }
    if (std::chrono::steady_clock::now() < next_securing) continue;
    hooks_.secure();
    next_securing = std::chrono::steady_clock::now() + securing_interval_;
  }
}

void EventWatcher::read_lines(LineSplitter& lines) {
  const std::size_t too_long = lines.drain([&](std::string_view line) {
    if (const std::optional<EngineEvent> event = decode_event(line)) {
      take(*event);
    } else {
      discard(1);
    }
  });
  if (too_long > 0) discard(too_long);
}

void EventWatcher::discard(std::size_t count) {
  hooks_.on_discarded(count);
  listener_.on_events_missed();
}

void EventWatcher::take(const EngineEvent& event) {
  if (event.type == "container") {
    const bool ours =
        event.labels.instance == instance_ && event.labels.role == role::agent && event.labels.key;
    if (ours) listener_.on_agent_changed(*event.labels.key);
  } else if (event.type == "network") {
    if (event.action != "destroy" && event.action != "remove") return;
    if (!event.name.starts_with("mosaic-" + instance_.substr(0, 8) + "-")) return;
    if (const auto key = hooks_.network_owner(event.name)) {
      listener_.on_agent_changed(*key);
    } else {
      listener_.on_events_missed();
    }
  } else if (event.type == "image") {
    // A loaded or deleted image tells its id only, not the names that it has or had.
    const bool has_name = !event.name.empty() && !event.name.starts_with("sha256:");
    listener_.on_image_changed(has_name ? event.name : std::string());
  }
}

void EventWatcher::tell_reachable(bool reachable) {
  if (told_reachable_ == reachable) return;
  told_reachable_ = reachable;
  listener_.on_engine_reachable(reachable);
}

void EventWatcher::heard() { last_heard_ms_ = clock_.now().time_since_epoch().count(); }

}  // namespace mosaic
