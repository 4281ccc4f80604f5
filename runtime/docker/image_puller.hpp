// Pulls images in the background, one at a time, and tells how far it is. A failure and its reason are kept until
// the next attempt.
//
// Thread-safety: every method may be called from any thread; the pulls run on one thread of the puller's own, which
// exists while there is something to pull. `on_finished` is called on it, once per pull that ended, either way.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "http/wait_limit.hpp"
#include "model/observed.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_client.hpp"

namespace mosaic {

// Sums up a pull's lines: how much of which layers is there.
class PullTally {
 public:
  void take(std::string_view status, const std::string& layer, std::int64_t current,
            std::int64_t total);
  int percent() const;         // 99 at most: the end is told by the end of the pull
  std::string detail() const;  // "pulling layer 3 of 7 (12 of 45 MB)"

 private:
  struct Layer {
    std::int64_t downloaded = 0;
    std::int64_t size = 0;
    bool done = false;
  };
  std::map<std::string, Layer> layers_;
};

class ImagePuller {
 public:
  using Finished = std::function<void(const std::string& image)>;

  ImagePuller(EngineClient& engine, const DockerSettings& settings, const Clock& clock,
              Finished on_finished);
  ~ImagePuller();  // interrupts a running pull and waits for its thread
  ImagePuller(const ImagePuller&) = delete;
  ImagePuller& operator=(const ImagePuller&) = delete;

  // Nothing happens when it is queued or being pulled. Throws EngineError(refused) when too many are waiting.
  void begin(const std::string& image);
  // pulling or failed; nothing when this puller knows nothing of the image.
  std::optional<ImageView> state(const std::string& image) const;
  // The image is there after all: an old failure means nothing any more.
  void forget_failure(const std::string& image);

 private:
  void run();
  void pull(const std::string& image);
  // True when there is nothing to pull.
  bool is_present(const std::string& image);
  void follow(HttpBodyStream& stream, const std::string& image);
  void set_state(const std::string& image, ImageView view);
  void finish(const std::string& image, const std::string& failure);

  EngineClient& engine_;
  const Clock& clock_;
  const Duration limit_;
  const Duration stall_limit_;
  const Finished on_finished_;
  Interrupt interrupt_;
  mutable std::mutex mutex_;
  std::deque<std::string> queue_;  // the front is being pulled
  std::map<std::string, ImageView> states_;
  bool running_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace mosaic
