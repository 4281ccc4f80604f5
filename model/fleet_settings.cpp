#include "model/fleet_settings.hpp"

#include <charconv>
#include <functional>
#include <optional>
#include <string_view>

#include "model/host_pattern.hpp"

namespace mosaic {
namespace {

using Setter = std::function<bool(FleetSettings&, const std::string&)>;

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t low,
                                          std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    return std::nullopt;
  return value;
}

Setter integer(std::int64_t low, std::int64_t high,
               std::function<void(FleetSettings&, std::int64_t)> set) {
  return [low, high, set = std::move(set)](FleetSettings& settings, const std::string& text) {
    const auto value = parse_integer(text, low, high);
    if (value) set(settings, *value);
    return value.has_value();
  };
}

Setter boolean(std::function<void(FleetSettings&, bool)> set) {
  return [set = std::move(set)](FleetSettings& settings, const std::string& text) {
    if (text != "true" && text != "false") return false;
    set(settings, text == "true");
    return true;
  };
}

Setter word(std::function<std::string&(FleetSettings&)> field) {
  return [field = std::move(field)](FleetSettings& settings, const std::string& text) {
    if (text.empty() || text.size() > 255 || text.find_first_of(" \t\r\n\"'") != std::string::npos)
      return false;
    field(settings) = text;
    return true;
  };
}

template <typename Choice>
Setter one_of(std::vector<Choice> choices, std::function<Choice&(FleetSettings&)> field) {
  return [choices = std::move(choices), field = std::move(field)](FleetSettings& settings,
                                                                  const std::string& text) {
    for (const auto choice : choices) {
      if (text != to_string(choice)) continue;
      field(settings) = choice;
      return true;
    }
    return false;
  };
}

Setter egress_access(std::function<EgressAccess&(FleetSettings&)> field) {
  return one_of<EgressAccess>(
      {EgressAccess::internet, EgressAccess::providers, EgressAccess::listed}, std::move(field));
}

struct Setting {
  std::string_view expectation;  // completes "must be …"
  Setter set;
};

const std::map<std::string, Setting, std::less<>>& known_settings() {
  using std::chrono::minutes;
  using std::chrono::seconds;
  static const std::map<std::string, Setting, std::less<>> settings{
      {"fleet.image",
       {"an image reference", word([](auto& s) -> std::string& { return s.image; })}},
      {"fleet.toolProfile",
       {"a tool profile's name", word([](auto& s) -> std::string& { return s.tool_profile; })}},
      {"fleet.memoryMb",
       {"64 to 1048576", integer(64, 1048576, [](auto& s, auto v) { s.limits.memory_mb = v; })}},
      {"fleet.cpuMilli",
       {"100 to 256000", integer(100, 256000, [](auto& s, auto v) { s.limits.cpu_milli = v; })}},
      {"fleet.pids",
       {"32 to 65536", integer(32, 65536, [](auto& s, auto v) { s.limits.pids = v; })}},
      {"fleet.memoryBudgetMb",
       {"0 to 16777216", integer(0, 16777216, [](auto& s, auto v) { s.memory_budget_mb = v; })}},
      {"fleet.memoryReserveMb",
       {"0 to 1048576", integer(0, 1048576, [](auto& s, auto v) { s.memory_reserve_mb = v; })}},
      {"fleet.maxRunningAgents",
       {"0 to 100000", integer(0, 100000, [](auto& s, auto v) { s.max_running_agents = v; })}},
      {"fleet.idleTimeoutMinMin",
       {"1 to 525600", integer(1, 525600, [](auto& s, auto v) { s.idle_timeout_min_min = v; })}},
      {"fleet.idleTimeoutMinMax",
       {"1 to 525600", integer(1, 525600, [](auto& s, auto v) { s.idle_timeout_min_max = v; })}},
      {"fleet.providerPrivateRanges",
       {"private address ranges such as 192.168.1.0/24, separated by blanks",
        [](FleetSettings& s, const std::string& text) {
          if (text.size() > 1024 ||
              text.find_first_not_of("0123456789abcdefABCDEF.:/ ") != std::string::npos) {
            return false;
          }
          s.provider_private_ranges = text;
          return true;
        }}},
      {"fleet.egress.userAgents",
       {"internet, providers or listed",
        egress_access([](auto& s) -> EgressAccess& { return s.egress.user_agents; })}},
      {"fleet.egress.systemAgents",
       {"internet, providers or listed",
        egress_access([](auto& s) -> EgressAccess& { return s.egress.system_agents; })}},
      {"fleet.egress.hosts",
       {"hosts such as api.example.com or *.example.com:8443, separated by blanks",
        [](FleetSettings& s, const std::string& text) {
          if (text.size() > 65536 || !parse_host_patterns(text)) return false;
          s.egress.hosts = text;
          return true;
        }}},
      {"fleet.providerKeys",
       {"delivered or injected",
        one_of<ProviderKeys>({ProviderKeys::delivered, ProviderKeys::injected},
                             [](auto& s) -> ProviderKeys& { return s.provider_keys; })}},
      {"fleet.drainLimitMin",
       {"0 to 1440", integer(0, 1440, [](auto& s, auto v) { s.drain_limit = minutes(v); })}},
      {"fleet.stopGraceSec",
       {"1 to 600", integer(1, 600, [](auto& s, auto v) { s.stop_grace = seconds(v); })}},
      {"fleet.startDeadlineSec",
       {"5 to 3600", integer(5, 3600, [](auto& s, auto v) { s.start_deadline = seconds(v); })}},
      {"fleet.sleep.pause", {"true or false", boolean([](auto& s, bool v) { s.sleep.pause = v; })}},
      {"fleet.sleep.hibernate",
       {"true or false", boolean([](auto& s, bool v) { s.sleep.hibernate = v; })}},
      {"fleet.sleep.pausedMemoryMb",
       {"0 to 16777216",
        integer(0, 16777216, [](auto& s, auto v) { s.sleep.paused_memory_mb = v; })}},
      {"fleet.sleep.hibernatedSwapMb",
       {"0 to 16777216",
        integer(0, 16777216, [](auto& s, auto v) { s.sleep.hibernated_swap_mb = v; })}},
      {"fleet.sleep.hibernateAfterMin",
       {"0 to 525600",
        integer(0, 525600, [](auto& s, auto v) { s.sleep.hibernate_after = minutes(v); })}},
      {"fleet.sleep.stopAfterMin",
       {"0 to 525600",
        integer(0, 525600, [](auto& s, auto v) { s.sleep.stop_after = minutes(v); })}},
  };
  return settings;
}

}  // namespace

std::string_view to_string(EgressAccess access) {
  switch (access) {
    case EgressAccess::internet:
      return "internet";
    case EgressAccess::providers:
      return "providers";
    case EgressAccess::listed:
      break;
  }
  return "listed";
}

std::string_view to_string(ProviderKeys keys) {
  return keys == ProviderKeys::injected ? "injected" : "delivered";
}

FleetSettings FleetSettings::parse(const std::map<std::string, std::string>& values,
                                   std::vector<std::string>& problems) {
  FleetSettings settings;
  for (const auto& [key, value] : values) {
    const auto known = known_settings().find(key);
    if (known == known_settings().end()) {
      problems.push_back("SystemConfig \"" + key +
                         "\" is not a setting of this version; it is ignored");
    } else if (!known->second.set(settings, value)) {
      problems.push_back("SystemConfig \"" + key + "\" must be " +
                         std::string(known->second.expectation) + "; the default stays in force");
    }
  }
  return settings;
}

}  // namespace mosaic
