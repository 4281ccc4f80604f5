#include "runtime/docker/docker_volume_archive.hpp"

#include "model/ustar.hpp"
#include "runtime/docker/container_template.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

// What the engine may need for the next piece of a large volume on a slow disk.
constexpr Duration stall_limit = std::chrono::minutes(2);

std::string volume_name(const AgentIdentity& identity, VolumeRole role) {
  return role == VolumeRole::state ? state_volume_name(identity) : workspace_volume_name(identity);
}

std::string_view folder_of(VolumeRole role) {
  return role == VolumeRole::state ? helper_state_folder : helper_workspace_folder;
}

// A tar archive ends in two empty blocks; a connection that broke looks like an end as well.
class EndWatch {
 public:
  void see(std::string_view bytes) {
    total_ += bytes.size();
    const auto last = bytes.find_last_not_of('\0');
    zeros_ = last == std::string_view::npos ? zeros_ + bytes.size() : bytes.size() - last - 1;
  }
  bool complete() const { return total_ % ustar_block_bytes == 0 && zeros_ >= ustar_end_bytes; }

 private:
  std::uint64_t total_ = 0;
  std::uint64_t zeros_ = 0;
};

}  // namespace

// One such container, for as long as it is needed.
class DockerVolumeArchive::Helper {
 public:
  Helper(HelperContainers& helpers, const AgentIdentity& identity, const std::string& image)
      : helpers_(helpers),
        id_(helpers.create("mosaic-" + identity.instance.substr(0, 8) + "-volume-archive",
                           volume_archive_body(image, identity))) {}
  ~Helper() {
    try {
      helpers_.remove(id_);
    } catch (const std::exception&) {
      // It runs nothing, and the next one of its name removes it.
    }
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;
  const std::string& id() const { return id_; }

 private:
  HelperContainers& helpers_;
  const std::string id_;
};

DockerVolumeArchive::DockerVolumeArchive(const DockerSettings& settings, const Clock& clock,
                                         EngineCallObserver* observer)
    : engine_(settings.endpoint, clock, observer),
      volumes_(engine_, settings),
      helpers_(engine_, settings.instance) {}

bool DockerVolumeArchive::exists(const AgentIdentity& identity, VolumeRole role) {
  return volumes_.is_ours(volume_name(identity, role));
}

void DockerVolumeArchive::save(const AgentIdentity& identity, VolumeRole role,
                               const std::string& image, const Sink& sink) {
  const Helper helper(helpers_, identity, image);
  EngineRequest request;
  request.route = "/containers/{id}/archive";
  request.path =
      engine_path("/containers/", helper.id(), "/archive?path=") + percent_encode(folder_of(role));
  request.doing = "read the volume " + volume_name(identity, role);
  request.timeout = stall_limit;
  const auto stream = engine_.open(request, nullptr);
  EndWatch end;
  std::string piece;
  HttpBodyStream::Outcome outcome;
  while ((outcome = stream->read(piece, WaitLimit::in(stall_limit))) ==
         HttpBodyStream::Outcome::data) {
    end.see(piece);
    sink(piece);
    piece.clear();
  }
  if (outcome != HttpBodyStream::Outcome::ended || !end.complete()) {
    throw EngineError(EngineErrorKind::unavailable,
                      "the engine did not hand out all of the volume " +
                          volume_name(identity, role) + ": try again");
  }
}

void DockerVolumeArchive::load(const AgentIdentity& identity, VolumeRole role,
                               const std::string& image, const Source& source) {
  volumes_.ensure(identity);
  const Helper helper(helpers_, identity, image);
  EngineRequest request;
  request.method = "PUT";
  request.route = "/containers/{id}/archive";
  request.path = engine_path("/containers/", helper.id(), "/archive?path=") + percent_encode("/");
  request.doing = "fill the volume " + volume_name(identity, role);
  request.timeout = stall_limit;
  engine_.upload(request, source, "application/x-tar");
}

}  // namespace mosaic
