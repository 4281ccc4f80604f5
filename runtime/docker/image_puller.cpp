#include "runtime/docker/image_puller.hpp"

#include <pthread.h>

#include <algorithm>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/engine_query.hpp"
#include "runtime/docker/line_splitter.hpp"

namespace mosaic {
namespace {

constexpr std::size_t most_waiting = 64;
constexpr std::size_t most_kept = 256;  // states of images, failures included
constexpr std::size_t longest_line = 64 * 1024;
constexpr std::size_t most_layers = 1024;
constexpr std::int64_t megabyte = 1'000'000;

[[noreturn]] void throw_pull_failure(const std::string& image, const std::string& why) {
  throw EngineError(EngineErrorKind::failed, "cannot pull " + image + ": " + scrub(why, {}));
}

}  // namespace

void PullTally::take(std::string_view status, const std::string& layer, std::int64_t current,
                     std::int64_t total) {
  const bool about_a_layer = status == "Pulling fs layer" || status == "Waiting" ||
                             status == "Downloading" || status == "Verifying Checksum" ||
                             status == "Download complete" || status == "Extracting" ||
                             status == "Pull complete" || status == "Already exists";
  if (!about_a_layer || layer.empty()) return;
  if (layers_.size() >= most_layers && !layers_.contains(layer)) return;
  Layer& entry = layers_[layer];
  if (status == "Downloading") {
    entry.downloaded = current;
    entry.size = std::max(entry.size, total);
  } else if (status == "Download complete" || status == "Extracting") {
    entry.size = std::max(entry.size, total);
    entry.downloaded = entry.size;
  } else if (status == "Pull complete" || status == "Already exists") {
    entry.downloaded = entry.size;
    entry.done = true;
  }
}

// Nine tenths by bytes, which is what takes the time; the rest by layers that are unpacked.
int PullTally::percent() const {
  if (layers_.empty()) return 0;
  std::int64_t downloaded = 0;
  std::int64_t size = 0;
  std::size_t done = 0;
  std::size_t unsized = 0;
  for (const auto& [name, layer] : layers_) {
    downloaded += layer.downloaded;
    size += layer.size;
    if (layer.done) ++done;
    if (!layer.done && layer.size == 0) ++unsized;
  }
  const double by_layers = static_cast<double>(done) / static_cast<double>(layers_.size());
  double by_bytes =
      size == 0 ? by_layers : static_cast<double>(downloaded) / static_cast<double>(size);
  // Layers that have not begun have told no size yet.
  by_bytes *= 1.0 - static_cast<double>(unsized) / static_cast<double>(layers_.size());
  return std::min(99, static_cast<int>(by_bytes * 90.0 + by_layers * 10.0));
}

std::string PullTally::detail() const {
  if (layers_.empty()) return "asking the registry";
  std::size_t done = 0;
  std::int64_t downloaded = 0;
  std::int64_t size = 0;
  for (const auto& [name, layer] : layers_) {
    if (layer.done) ++done;
    downloaded += layer.downloaded;
    size += layer.size;
  }
  const std::size_t present = std::min(done + 1, layers_.size());
  return "pulling layer " + std::to_string(present) + " of " + std::to_string(layers_.size()) +
         " (" + std::to_string(downloaded / megabyte) + " of " + std::to_string(size / megabyte) +
         " MB)";
}

ImagePuller::ImagePuller(EngineClient& engine, const DockerSettings& settings, const Clock& clock,
                         Finished on_finished)
    : engine_(engine),
      clock_(clock),
      limit_(settings.pull_limit),
      stall_limit_(settings.pull_stall_limit),
      on_finished_(std::move(on_finished)) {}

ImagePuller::~ImagePuller() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  interrupt_.raise();
  if (thread_.joinable()) thread_.join();
}

void ImagePuller::begin(const std::string& image) {
  const std::lock_guard lock(mutex_);
  if (ending_ || std::find(queue_.begin(), queue_.end(), image) != queue_.end()) return;
  if (queue_.size() >= most_waiting) {
    throw EngineError(EngineErrorKind::refused,
                      "too many images wait to be pulled: " + image + " has to wait");
  }
  queue_.push_back(image);
  if (states_.size() >= most_kept && !states_.contains(image)) states_.erase(states_.begin());
  const std::string detail =
      queue_.size() == 1 ? "asking the registry" : "waiting for another pull";
  states_[image] = ImageView{ImageAvailability::pulling, 0, detail, clock_.now()};
  if (running_) return;
  if (thread_.joinable()) thread_.join();  // it has ended: running_ is false
  running_ = true;
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "mosaic-pull");
}

std::optional<ImageView> ImagePuller::state(const std::string& image) const {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(image);
  if (found == states_.end()) return std::nullopt;
  return found->second;
}

void ImagePuller::forget_failure(const std::string& image) {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find(image);
  if (found != states_.end() && found->second.availability == ImageAvailability::failed)
    states_.erase(found);
}

void ImagePuller::run() {
  for (;;) {
    std::string image;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() || ending_) {
        running_ = false;
        return;
      }
      image = queue_.front();
    }
    std::string failure;
    try {
      pull(image);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    finish(image, failure);
  }
}

void ImagePuller::finish(const std::string& image, const std::string& failure) {
  {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    if (failure.empty()) {
      states_.erase(image);
    } else {
      states_[image] = ImageView{ImageAvailability::failed, 0, failure, clock_.now()};
    }
    if (ending_) return;
  }
  on_finished_(image);
}

void ImagePuller::pull(const std::string& image) {
  if (is_present(image)) return;
  const auto [name, tag] = split_image(image);
  EngineRequest request;
  request.method = "POST";
  request.route = "/images/create";
  request.path = "/images/create?fromImage=" + percent_encode(name);
  if (!tag.empty()) request.path += "&tag=" + percent_encode(tag);
  request.timeout = stall_limit_;
  request.doing = "pull " + image;
  const std::unique_ptr<HttpBodyStream> stream = engine_.open(request, &interrupt_);
  follow(*stream, image);
  // A proxy in between may end an answer early without an error.
  if (!is_present(image))
    throw_pull_failure(image, "the pull ended and the image is still not there");
}

bool ImagePuller::is_present(const std::string& image) {
  EngineRequest request;
  request.route = "/images/{name}/json";
  request.path = engine_path("/images/", image, "/json");
  request.doing = "inspect image " + image;
  return engine_.call_accepting(request, {404}).status != 404;
}

void ImagePuller::follow(HttpBodyStream& stream, const std::string& image) {
  LineSplitter lines(longest_line);
  PullTally tally;
  std::string failure;
  const auto end = std::chrono::steady_clock::now() + limit_;
  for (;;) {
    const WaitLimit limit{std::min(end, std::chrono::steady_clock::now() + stall_limit_),
                          &interrupt_};
    const HttpBodyStream::Outcome outcome = stream.read(lines.input(), limit);
    if (outcome == HttpBodyStream::Outcome::interrupted) throw_pull_failure(image, "interrupted");
    if (outcome == HttpBodyStream::Outcome::time_up) {
      const bool over = std::chrono::steady_clock::now() >= end;
      throw_pull_failure(image, over ? "not finished after " + to_human(limit_)
                                     : "no progress for " + to_human(stall_limit_) +
                                           ": check the network to the registry");
    }
    lines.drain([&](std::string_view line) {
      const std::optional<PullProgress> progress = decode_pull_progress(line);
      if (!progress) return;
      if (!progress->error.empty()) failure = progress->error;
      tally.take(progress->status, progress->layer, progress->current, progress->total);
    });
    if (!failure.empty()) throw_pull_failure(image, failure);
    if (outcome == HttpBodyStream::Outcome::ended) return;
    if (std::chrono::steady_clock::now() >= end)
      throw_pull_failure(image, "not finished after " + to_human(limit_));
    set_state(image,
              ImageView{ImageAvailability::pulling, tally.percent(), tally.detail(), clock_.now()});
  }
}

void ImagePuller::set_state(const std::string& image, ImageView view) {
  const std::lock_guard lock(mutex_);
  ImageView& state = states_[image];
  if (state.percent == view.percent && state.detail == view.detail) return;
  state = std::move(view);
}

}  // namespace mosaic
