// Whether an engine runs where we run: only then do our firewall rules stand around its containers and its
// containers' processes and cgroups are ours to see.
//
// Thread-safety: free function without shared state.
#pragma once

#include <cstdint>
#include <string>

namespace mosaic {

struct EngineLocality {
  enum class Place : std::uint8_t {
    here,       // same machine, and its process and network namespaces are ours
    elsewhere,  // `reason` says why not, in one line
    unknown,    // it does not answer at present
  };

  Place place = Place::unknown;
  std::string reason;  // empty when here
};

// `engine_url` as the engine client gets it: "unix:///var/run/docker.sock", "tcp://host:2376" …
EngineLocality locate_engine(const std::string& engine_url);

}  // namespace mosaic
