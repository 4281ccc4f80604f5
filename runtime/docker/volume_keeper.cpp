#include "runtime/docker/volume_keeper.hpp"

#include "model/ustar.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

// An engine with a full disk makes few volumes in a life; one beyond it keeps a name that a person has to free.
constexpr std::size_t most_half_made = 10'000;

}  // namespace

VolumeKeeper::VolumeKeeper(EngineClient& engine, const DockerSettings& settings)
    : engine_(engine), instance_(settings.instance), helpers_(engine, settings.instance) {}

// While the lock is held this process has no helper, and nobody else acts while this process leads.
void VolumeKeeper::remove_leftover_helpers() {
  const std::lock_guard helper(helper_);
  helpers_.remove_all();
}

void VolumeKeeper::ensure(const AgentIdentity& identity) {
  create(identity, state_volume_name(identity), role::state);
  create(identity, workspace_volume_name(identity), role::workspace);
}

// Creating a volume that exists is an answer of 201 and changes nothing.
void VolumeKeeper::create(const AgentIdentity& identity, const std::string& name,
                          std::string_view volume_role) {
  const bool was_there = labels_of(name).has_value();
  ObjectLabels made;
  try {
    made = call_create(identity, name, volume_role);
    if (made.instance.empty() && is_half_made(name)) {
      delete_volume(name);
      made = call_create(identity, name, volume_role);
    }
  } catch (const EngineError& error) {
    if (!was_there && error.kind() != EngineErrorKind::unavailable) note_half_made(name, true);
    throw;
  }
  if (made.instance != instance_) {
    throw EngineError(EngineErrorKind::conflict,
                      "the volume " + name +
                          " is not Mosaic Fleet's: remove or rename it, the agent needs that name");
  }
  note_half_made(name, false);
}

ObjectLabels VolumeKeeper::call_create(const AgentIdentity& identity, const std::string& name,
                                       std::string_view volume_role) {
  EngineRequest request;
  request.method = "POST";
  request.route = "/volumes/create";
  request.path = "/volumes/create";
  request.body = volume_body(identity, name, volume_role);
  request.timeout = engine_timeout::change;
  request.doing = "create volume " + name;
  return decode_volume_labels(engine_.call(request).body);
}

bool VolumeKeeper::is_half_made(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return half_made_.contains(name);
}

void VolumeKeeper::note_half_made(const std::string& name, bool half_made) {
  const std::lock_guard lock(mutex_);
  if (!half_made) {
    half_made_.erase(name);
  } else if (half_made_.size() < most_half_made) {
    half_made_.insert(name);
  }
}

std::optional<ObjectLabels> VolumeKeeper::labels_of(const std::string& name) {
  EngineRequest request;
  request.route = "/volumes/{name}";
  request.path = engine_path("/volumes/", name, "");
  request.doing = "inspect volume " + name;
  const EngineAnswer answer = engine_.call_accepting(request, {404});
  if (answer.status == 404) return std::nullopt;
  return decode_volume_labels(answer.body);
}

bool VolumeKeeper::is_ours(const std::string& name) {
  const auto labels = labels_of(name);
  return labels && labels->instance == instance_;
}

VolumePresence VolumeKeeper::presence(const AgentIdentity& identity) {
  const bool state = is_ours(state_volume_name(identity));
  const bool workspace = is_ours(workspace_volume_name(identity));
  if (state && workspace) return VolumePresence::all;
  // The next ones are new, and nobody has given them to the agents' user yet.
  const std::lock_guard lock(mutex_);
  given_.erase(state_volume_name(identity));
  return state || workspace ? VolumePresence::some : VolumePresence::none;
}

void VolumeKeeper::remove(const AgentIdentity& identity) {
  {
    const std::lock_guard lock(mutex_);
    given_.erase(state_volume_name(identity));
  }
  remove_one(state_volume_name(identity));
  remove_one(workspace_volume_name(identity));
}

void VolumeKeeper::remove_one(const std::string& name) {
  if (is_ours(name)) delete_volume(name);
}

void VolumeKeeper::delete_volume(const std::string& name) {
  EngineRequest request;
  request.method = "DELETE";
  request.route = "/volumes/{name}";
  request.path = engine_path("/volumes/", name, "");
  request.timeout = engine_timeout::change;
  request.doing = "remove volume " + name;
  engine_.call_accepting(request, {404});
}

VolumeOwner VolumeKeeper::make_writable(const AgentIdentity& identity, const std::string& image,
                                        const std::string& id) {
  const std::string volume = state_volume_name(identity);
  const auto known = [&]() -> std::optional<VolumeOwner> {
    const std::lock_guard lock(mutex_);
    if (images_with_folders_.contains(id)) return VolumeOwner::from_image;
    if (images_without_folders_.contains(id) && given_.contains(volume)) return VolumeOwner::given;
    return std::nullopt;
  };
  if (const auto answer = known()) return *answer;
  const std::lock_guard helper(helper_);
  if (const auto answer = known()) return *answer;
  if (!lacks_folders(id) && image_has_folders(image)) {
    const std::lock_guard lock(mutex_);
    images_with_folders_.insert(id);
    return VolumeOwner::from_image;
  }
  give_to_agent(identity, image);
  const std::lock_guard lock(mutex_);
  images_without_folders_.insert(id);
  given_.insert(volume);
  return VolumeOwner::given;
}

bool VolumeKeeper::lacks_folders(const std::string& image_id) {
  const std::lock_guard lock(mutex_);
  return images_without_folders_.contains(image_id);
}

bool VolumeKeeper::image_has_folders(const std::string& image) {
  const std::string name = "mosaic-" + instance_.substr(0, 8) + "-image-probe";
  const std::string id = helpers_.create(name, image_probe_body(image, instance_));
  try {
    const bool has = agent_owns_folder(id, state_folder) && agent_owns_folder(id, workspace_folder);
    helpers_.remove(id);
    return has;
  } catch (...) {
    helpers_.remove(id);
    throw;
  }
}

// The archive of a folder begins with its own header, which names its owner.
bool VolumeKeeper::agent_owns_folder(const std::string& container_id, std::string_view folder) {
  EngineRequest request;
  request.route = "/containers/{id}/archive";
  request.path =
      engine_path("/containers/", container_id, "/archive?path=") + percent_encode(folder);
  request.doing = "look at " + std::string(folder) + " of an image";
  request.timeout = engine_timeout::change;
  std::string header;
  try {
    const std::unique_ptr<HttpBodyStream> stream = engine_.open(request, nullptr);
    const WaitLimit limit = WaitLimit::in(request.timeout);
    while (header.size() < ustar_block_bytes &&
           stream->read(header, limit) == HttpBodyStream::Outcome::data) {
    }
  } catch (const EngineError& error) {
    if (error.kind() == EngineErrorKind::not_found) return false;
    throw;
  }
  if (header.size() < ustar_block_bytes) {
    throw EngineError(EngineErrorKind::failed,
                      "the engine's answer about " + std::string(folder) + " is incomplete");
  }
  const bool is_folder = header[156] == '5';
  return is_folder && ustar_number(header, 108, 8) == static_cast<std::size_t>(agent_user);
}

void VolumeKeeper::give_to_agent(const AgentIdentity& identity, const std::string& image) {
  const std::string name = "mosaic-" + instance_.substr(0, 8) + "-volume-owner";
  const std::string id = helpers_.create(name, volume_owner_body(image, identity));
  int code = -1;
  try {
    EngineRequest start;
    start.method = "POST";
    start.route = "/containers/{id}/start";
    start.path = engine_path("/containers/", id, "/start");
    start.timeout = engine_timeout::start;
    start.doing = "give the volumes of " + identity.container_name + " to the agents' user";
    engine_.call(start);
    EngineRequest wait = start;
    wait.route = "/containers/{id}/wait";
    wait.path = engine_path("/containers/", id, "/wait");
    code = decode_wait_code(engine_.call(wait).body);
  } catch (...) {
    helpers_.remove(id);
    throw;
  }
  helpers_.remove(id);
  if (code != 0) {
    throw EngineError(EngineErrorKind::failed, "cannot give the volumes of " +
                                                   identity.container_name +
                                                   " to the agents' user: chown in image " + image +
                                                   " ended with " + std::to_string(code));
  }
}

}  // namespace mosaic
