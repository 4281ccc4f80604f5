// /livez says that the process answers, /readyz that it can do its work, /metrics what it has done.
//
// Checks and the metrics function are called from several threads at once; checks run on workers
// and may block, but must be bounded in time. What a check says is shown to everybody who reaches
// the listener: no secret, no address.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/router.hpp"

namespace mosaic {

struct HealthCheck {
  std::string name;  // "database"
  std::function<std::optional<std::string>()>
      run;  // nothing when all is well, else why not in one line
};

// GET /livez (answers even when every worker is busy), /readyz and /metrics (the latter only when
// there is a function).
void add_health_routes(Router& router, std::vector<HealthCheck> checks,
                       std::function<std::string()> metrics_text);

}  // namespace mosaic
