// How many files this process may have open, and how many connections that carries.
//
// Of the process as a whole: take_all_open_files() before threads begin. The rest may be called from any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "telemetry/log.hpp"

namespace mosaic::cli {

// What shells give at first (1024) would end at 500 open chats; what the hard limit allows is ours to take.
void take_all_open_files(const Logger& log);

// The limit in force.
std::uint64_t open_file_limit();

// As many open files as that many connections need: each may be a chat, with its agent's connection beside it.
std::uint64_t open_files_for(std::size_t connections);

// As many of the wanted connections as so many files carry, so that whoever is one too many is told to come again
// instead of being left waiting.
std::size_t connections_within(std::uint64_t open_files, std::size_t wanted);

// Where so many files carry fewer connections than wanted, one line of the log says so, and what to do.
void tell_of_fewer_connections(std::uint64_t open_files, std::size_t wanted, const Logger& log);

}  // namespace mosaic::cli
