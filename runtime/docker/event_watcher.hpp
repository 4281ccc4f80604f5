// Follows the engine's event stream on a thread of its own and turns what it says into hints. Events are lossy: every
// new connection says that some were missed.
//
// Thread-safety: construction starts, destruction stops and joins; the rest from any thread. The listener is called
// on the watcher's thread only, and no more once the destructor has returned.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "http/wait_limit.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/line_splitter.hpp"

namespace mosaic {

class EventWatcher {
 public:
  struct Hooks {
    // Whose network of ours that name is, if it is known.
    std::function<std::optional<ResourceKey>(const std::string& network)> network_owner;
    // Sees to the firewall: when connected, before the listener hears of it, and every securing_interval.
    std::function<void()> secure;
    // The stream broke: the engine may have been replaced, and its host's firewall rules with it.
    std::function<void()> on_lost;
    // Events that could not be read; the listener is asked to list anew.
    std::function<void(std::size_t count)> on_discarded;
  };

  EventWatcher(EngineClient& engine, const DockerSettings& settings, const Clock& clock,
               EngineListener& listener, Hooks hooks);
  ~EventWatcher();
  EventWatcher(const EventWatcher&) = delete;
  EventWatcher& operator=(const EventWatcher&) = delete;

  bool connected() const { return connected_; }
  // When the stream last said anything, or was opened; for the staleness metric.
  std::optional<TimePoint> last_heard_at() const;

 private:
  void run();
  // Until the stream ends; false when it could not be opened.
  bool follow_once();
  void follow(HttpBodyStream& stream);
  void read_lines(LineSplitter& lines);
  void discard(std::size_t count);
  void take(const EngineEvent& event);
  void tell_reachable(bool reachable);
  void heard();

  EngineClient& engine_;
  const std::string instance_;
  const Duration securing_interval_;
  const Clock& clock_;
  EngineListener& listener_;
  const Hooks hooks_;
  Interrupt interrupt_;
  std::atomic<bool> connected_{false};
  std::atomic<Duration::rep> last_heard_ms_{0};
  std::optional<bool> told_reachable_;
  std::thread thread_;
};

}  // namespace mosaic
