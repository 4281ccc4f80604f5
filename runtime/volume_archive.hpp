// The content of agents' volumes as the engine hands it out and takes it: tar archives, with owners, modes and times.
// Beside the RuntimeDriver because no reconcile ever needs it; docker/ implements it.
//
// The agent must have no running process while a volume is copied (its state is in SQLite files); seeing to that is the
// caller's part.
//
// Thread-safety: one thread at a time. Throws EngineError; what `sink` and `source` throw goes through.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/naming.hpp"
#include "model/volume_role.hpp"

namespace mosaic {

class VolumeArchive {
 public:
  using Sink = std::function<void(std::string_view bytes)>;
  using Source = std::function<bool(std::string& into)>;  // false at the end

  virtual ~VolumeArchive() = default;

  // Whether there is such a volume, and it is ours.
  virtual bool exists(const AgentIdentity& identity, VolumeRole role) = 0;
  // The whole volume, the folder itself included. `image` must be on the engine; nothing of it is run.
  virtual void save(const AgentIdentity& identity, VolumeRole role, const std::string& image,
                    const Sink& sink) = 0;
  // Into a volume that is made when there is none. What is in it already stays unless the archive has it too.
  virtual void load(const AgentIdentity& identity, VolumeRole role, const std::string& image,
                    const Source& source) = 0;
  virtual void remove(const AgentIdentity& identity) = 0;  // both; gone already: nothing happens
};

}  // namespace mosaic
