// The threads on which handlers run, because the store blocks and no I/O thread may.
//
// Thread-safety: try_submit() and stop() may be called from any thread. The queue is bounded: what
// does not fit is refused at once, so that a slow store makes clients wait or turn away instead of
// filling memory.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mosaic {

// Takes work that blocks; false: it is full (or ended) and the work was not taken.
using BlockingExecutor = std::function<bool(std::function<void()>)>;

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_limit);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full or the pool has stopped. A task must not throw.
  bool try_submit(std::function<void()> task);

  // Waits for the tasks that run; those that wait in the queue are dropped. Idempotent.
  void stop();

 private:
  void work();

  const std::size_t queue_limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mosaic
