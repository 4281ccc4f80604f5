#include "runtime/docker/container_exec.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_query.hpp"

namespace mosaic {
namespace {

using nlohmann::json;

constexpr std::size_t most_output = 16 * 1024;
constexpr std::size_t frame_header = 8;

std::string doing_in(const std::string& container_id) {
  return "run a program in container " + container_id.substr(0, 12);
}

std::string create_exec(EngineClient& engine, const std::string& container_id,
                        const std::vector<std::string>& command) {
  EngineRequest request;
  request.method = "POST";
  request.route = "/containers/{id}/exec";
  request.path = engine_path("/containers/", container_id, "/exec");
  request.body = json{{"Cmd", command}, {"AttachStdout", true}, {"AttachStderr", false}}.dump();
  request.doing = doing_in(container_id);
  return decode_created_id(engine.call(request).body);
}

// Once the program and all that hold its output have ended; nothing when that took too long.
std::optional<std::string> follow_exec(EngineClient& engine, const std::string& exec_id,
                                       const std::string& container_id, Duration limit) {
  EngineRequest request;
  request.method = "POST";
  request.route = "/exec/{id}/start";
  request.path = engine_path("/exec/", exec_id, "/start");
  request.body = json{{"Detach", false}, {"Tty", false}}.dump();
  request.timeout = limit;
  request.doing = doing_in(container_id);
  const WaitLimit until = WaitLimit::in(limit, nullptr);
  const auto stream = engine.open(request, nullptr);
  std::string frames;
  for (;;) {
    switch (stream->read(frames, until)) {
      case HttpBodyStream::Outcome::ended:
        return frames;
      case HttpBodyStream::Outcome::data:
        // An agent may write without end; what is too much is read and forgotten.
        if (frames.size() > most_output) frames.resize(most_output);
        break;
      case HttpBodyStream::Outcome::time_up:
      case HttpBodyStream::Outcome::interrupted:
        return std::nullopt;
    }
  }
}

int exit_code_of(EngineClient& engine, const std::string& exec_id,
                 const std::string& container_id) {
  EngineRequest request;
  request.route = "/exec/{id}/json";
  request.path = engine_path("/exec/", exec_id, "/json");
  request.doing = doing_in(container_id);
  const json answer = json::parse(engine.call(request).body, nullptr, false);
  const bool ended =
      answer.is_object() && answer.contains("ExitCode") && answer["ExitCode"].is_number_integer();
  if (!ended)
    throw EngineError(EngineErrorKind::failed, "the engine does not say how a program has ended");
  return answer["ExitCode"].get<int>();
}

}  // namespace

ExecResult run_in_container(EngineClient& engine, const std::string& container_id,
                            const std::vector<std::string>& command, Duration limit) {
  const std::string exec_id = create_exec(engine, container_id, command);
  ExecResult result;
  const std::optional<std::string> frames = follow_exec(engine, exec_id, container_id, limit);
  if (!frames) return result;
  result.ended = true;
  result.output = standard_output_of(*frames);
  result.exit_code = exit_code_of(engine, exec_id, container_id);
  return result;
}

std::string standard_output_of(std::string_view frames) {
  std::string output;
  while (frames.size() >= frame_header) {
    const auto byte = [&](std::size_t place) {
      return static_cast<std::size_t>(static_cast<unsigned char>(frames[place]));
    };
    const bool standard_output = byte(0) == 1;
    const std::size_t length = byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
    frames.remove_prefix(frame_header);
    const std::size_t here = std::min(length, frames.size());
    if (standard_output) output.append(frames.substr(0, here));
    frames.remove_prefix(here);
  }
  return output;
}

}  // namespace mosaic
