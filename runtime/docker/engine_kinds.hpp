// An engine that manages a swarm can be driven as a plain engine and as a swarm. What agents the one kind has made, the
// other would take for its own or not see at all, and would make them anew beside their state. So each kind refuses an
// engine that has agents of the other.
//
// Thread-safe, as the engine's client is. Both throw EngineError(refused) that says what to do.
#pragma once

#include <string>

#include "runtime/docker/engine_client.hpp"

namespace mosaic {

// For a plain engine that manages a swarm.
void refuse_agents_that_are_services(EngineClient& engine, const std::string& instance);
// For a swarm.
void refuse_agents_of_the_plain_engine(EngineClient& engine, const std::string& instance);

}  // namespace mosaic
