// What the Engine API's answers mean in our words.
//
// Pure functions. A text that is no answer of the Engine API throws EngineError(failed): nothing is concluded from
// half an answer. Fields that an engine of another version leaves out keep their defaults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/observed.hpp"
#include "runtime/docker/subnet_range.hpp"
#include "runtime/runtime_driver.hpp"

namespace mosaic {

// Whose an engine object is, by its labels.
struct ObjectLabels {
  std::string instance;  // empty: not ours
  std::string role;
  std::optional<ResourceKey> key;
};

struct InspectedContainer {
  ContainerView view;
  ObjectLabels labels;
  std::string network_id;  // of its own network; empty when it is attached to none
  int pid = 0;
};

struct InspectedNetwork {
  std::string id;
  std::string name;
  ObjectLabels labels;
  std::vector<Subnet> subnets;
  std::string gateway;
  bool internal = false;  // no way out of it
};

struct EngineEvent {
  std::string type;  // container, network, image
  std::string action;
  std::string actor_id;
  std::string name;  // of the actor
  ObjectLabels labels;
};

// One line of a pull's progress.
struct PullProgress {
  std::string status;
  std::string layer;  // empty: about the image as a whole
  std::int64_t current = 0;
  std::int64_t total = 0;
  std::string error;  // the pull has failed
};

struct EngineFacts {
  std::string version;
  std::string data_root;
  std::int64_t memory_mb = 0;
  int cpus = 0;
  bool manages_swarm = false;
};

InspectedContainer decode_container(std::string_view body, std::uint16_t gateway_port);
// The ids of a listing, whatever the containers are; the engine has filtered.
std::vector<std::string> decode_container_ids(std::string_view body);
// Agents' containers only; the engine has filtered by instance.
std::vector<ListedContainer> decode_container_list(std::string_view body,
                                                   std::uint16_t gateway_port);
std::vector<InspectedNetwork> decode_network_list(std::string_view body);
InspectedNetwork decode_network(std::string_view body);
// Labels of a volume.
ObjectLabels decode_volume_labels(std::string_view body);
std::string decode_image_id(std::string_view body);
std::string decode_created_id(std::string_view body);
int decode_wait_code(std::string_view body);
EngineFacts decode_info(std::string_view body);
// Nothing for a line that is no event or none of ours to understand.
std::optional<EngineEvent> decode_event(std::string_view line);
std::optional<PullProgress> decode_pull_progress(std::string_view line);

// "2026-01-31T12:34:56.789012345Z", also with an offset. Nothing for anything else and for the engine's zero time.
std::optional<TimePoint> parse_engine_time(std::string_view text);

}  // namespace mosaic
