// The faults that every build survives, by their numbers. What a test calls itself and what the table at the end counts
// both come from here, and a test holds that none is without one.
#pragma once

#include <array>
#include <string_view>

namespace mosaic::faults {

// The first one is number 1.
inline constexpr std::array<std::string_view, 30> fault_list{
    "kill -9 after every database and engine call in turn",
    "crash between create and status write",
    "create succeeded, response lost",
    "engine list lags 30 s",
    "row missing from a stale snapshot",
    "database failover losing the last seconds",
    "every NOTIFY dropped",
    "LISTEN connection killed during a commit",
    "event overflow",
    "events duplicated and reordered",
    "leader paused 60 s (SIGSTOP)",
    "two leaders",
    "lease lost mid-start",
    "engine down 10 min",
    "one container hangs while others go on",
    "crash loop survives a controller restart",
    "image missing, then present",
    "spec A, B, A",
    "delete and re-create the same user",
    "delete without purge",
    "crash at each step of a purge",
    "foreign container holding our name",
    "a human removes or stops a container",
    "ten thousand wakes",
    "idle deadline races a new stream",
    "one poison row",
    "an engine error that echoes the environment",
    "disk full",
    "SIGTERM under load",
    "random seeds, then heal"};

}  // namespace mosaic::faults
