#include "cli/observers/reconcile_trace.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace mosaic::cli {
namespace {

std::atomic<std::uint64_t> next_number{1};
thread_local std::string present;

}  // namespace

std::string_view ReconcileTrace::begin(const ResourceKey& key) {
  present =
      to_string(key) + "#" + std::to_string(next_number.fetch_add(1, std::memory_order_relaxed));
  return present;
}

void ReconcileTrace::end() { present.clear(); }

std::string_view ReconcileTrace::current() { return present; }

}  // namespace mosaic::cli
