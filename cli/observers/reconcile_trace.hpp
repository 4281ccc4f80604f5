// The id that ties together everything logged on behalf of one reconcile: its key and a running
// number.
//
// A reconcile stays on one worker thread from begin to end, so the present id is the thread's own.
// Thread-safe.
#pragma once

#include <string_view>

#include "model/resource_key.hpp"

namespace mosaic::cli {

class ReconcileTrace {
 public:
  // "user/c123#42"; the view lives until the thread's next begin().
  static std::string_view begin(const ResourceKey& key);
  static void end();
  // Empty outside of a reconcile.
  static std::string_view current();
};

}  // namespace mosaic::cli
