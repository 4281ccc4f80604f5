#include "cli/doctor/wall_probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include "cli/engine_parts.hpp"
#include "cli/file_descriptor.hpp"
#include "http/outbound_client.hpp"
#include "http/wait_limit.hpp"
#include "runtime/docker/docker_driver.hpp"
#include "runtime/firewall/engine_locality.hpp"
#include "runtime/hibernation/cgroup_memory_reclaimer.hpp"
#include "secrets/token.hpp"

namespace mosaic::cli {
namespace {

constexpr const char* check = "walls";
constexpr auto time_limit = std::chrono::seconds(60);
constexpr auto look_every = std::chrono::milliseconds(100);
constexpr std::size_t most_places_of_a_kind = 4;

constexpr int all_silent = 0;
constexpr int proxy_is_silent = 60;
constexpr int proxy_lets_through = 61;
constexpr int cannot_ask = 62;
constexpr int nothing_answers = 63;  // not even what must: silence proves nothing
constexpr int first_reached = 64;

// Asks all targets at a time; a refusal is an answer. The first one is where an agent fetches its configuration.
constexpr const char* script = R"sh(
own=${MOSAIC_API_URL#http://}
bridge=${own%:*}
for target in "$@"; do
  shift
  case $target in bridge:*) target=$bridge:${target#bridge:} ;; esac
  set -- "$@" "$target"
done
set -- "$own" "$@"
if command -v node >/dev/null; then
  exec node -e '
    const ask = (target) => new Promise((done) => {
      const [host, port] = target.split(":");
      const socket = require("net").connect({ host, port: Number(port) });
      const end = (answered) => { socket.destroy(); done(answered); };
      socket.setTimeout(3000, () => end(false));
      socket.on("connect", () => end(true));
      socket.on("error", (error) => end(error.code === "ECONNREFUSED"));
    });
    const proxy = process.env.HTTPS_PROXY && new URL(process.env.HTTPS_PROXY);
    const through = (target) => new Promise((done) => {
      const socket = require("net").connect({ host: proxy.hostname, port: Number(proxy.port) });
      const end = (status) => { socket.destroy(); done(status); };
      socket.setTimeout(5000, () => end(0));
      socket.on("error", () => end(0));
      socket.on("data", (said) => end(Number(String(said).split(" ")[1]) || 0));
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    });
    const forbidden = process.argv.slice(2);
    Promise.all(process.argv.slice(1).map(ask)).then(async (answered) => {
      const reached = answered.indexOf(true, 1);
      if (!answered[0] || reached > 0) process.exit(!answered[0] ? 63 : 63 + reached);
      const statuses = proxy ? await Promise.all(forbidden.map(through)) : [];
      process.exit(statuses.includes(0) ? 60 : statuses.some((status) => status < 300) ? 61 : 0);
    });' "$@"
fi
command -v nc >/dev/null || exit 62
number=0
for target in "$@"; do
  (
    said=$(timeout 5 nc -w 3 "${target%:*}" "${target##*:}" </dev/null 2>&1)
    case $said in "" | *refused*) : >"/tmp/reached.$number" ;; esac
  ) &
  number=$((number + 1))
done
wait
[ -e /tmp/reached.0 ] || exit 63
tried=1
while [ "$tried" -lt "$number" ]; do
  [ ! -e "/tmp/reached.$tried" ] || exit $((63 + tried))
  tried=$((tried + 1))
done
[ -n "${HTTPS_PROXY:-}" ] || exit 0
proxy=${HTTPS_PROXY##*@}
shift
for target in "$@"; do
  said=$(printf 'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' "$target" "$target" |
    timeout 5 nc -w 3 "${proxy%:*}" "${proxy##*:}" | head -n 1)
  case $said in
    "HTTP/1.1 2"*) exit 61 ;;
    HTTP/*) ;;
    *) exit 60 ;;
  esac
done
)sh";

// A service of this host on all of its addresses: what does not reach it is kept away.
class Decoy {
 public:
  Decoy() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket_ || ::bind(socket_.get(), generic, size) != 0 || ::listen(socket_.get(), 64) != 0 ||
        ::getsockname(socket_.get(), generic, &size) != 0) {
      throw std::system_error(errno, std::generic_category(), "no port to be tried");
    }
    port_ = std::to_string(ntohs(address.sin_port));
  }
  const std::string& port() const { return port_; }

 private:
  const FileDescriptor socket_;
  std::string port_;
};

bool is_allowed(const Settings& settings, const IpAddress& address) {
  return std::any_of(settings.agent_egress_allow.begin(), settings.agent_egress_allow.end(),
                     [&](const AllowedDestination& allowed) {
                       const auto range = IpRange::parse(allowed.network);
                       return !allowed.port && range && range->contains(address);
                     });
}

void add_own_addresses(const Settings& settings, const std::string& port,
                       std::vector<ForbiddenPlace>& places) {
  const auto agents = IpRange::parse(to_string(settings.agent_subnets));
  std::size_t count = 0;
  for (const auto& address : addresses_of_this_host()) {
    const bool tells = address.is_v4() && use_of(address) != AddressUse::loopback &&
                       !(agents && agents->contains(address)) && !is_allowed(settings, address);
    if (!tells || ++count > most_places_of_a_kind) continue;
    places.push_back({address.text() + ":" + port, "this host by its address " + address.text()});
  }
}

void add_agents(DockerDriver& driver, std::vector<ForbiddenPlace>& places) {
  std::size_t count = 0;
  for (const auto& listed : driver.list_agents()) {
    const bool runs = listed.container.state == ContainerState::running;
    if (!runs || listed.container.endpoint.empty() || ++count > most_places_of_a_kind) continue;
    places.push_back({listed.container.endpoint, "another agent"});
  }
}

// One container in an agent's place, with all that an agent has around it.
class Probe {
 public:
  Probe(DockerDriver& driver, const std::string& instance, std::string image)
      : driver_(driver), image_(std::move(image)) {
    const std::string name = "probe-" + generate_token().substr(0, 12);
    identity_ = AgentIdentity{instance, ResourceKey(ResourceKind::user_container, name), name,
                              "mosaic-" + name};
  }

  // The exit code; nothing when it did not end in time.
  std::optional<int> run() {
    AgentSpec spec;
    spec.identity = identity_;
    spec.image = image_;
    spec.limits = {256, 1000, 128};
    spec.gateway_token = generate_token();
    spec.spec_hash = "probe";
    driver_.ensure_volumes(identity_);
    driver_.ensure_network(identity_);
    container_ = driver_.create_container(spec).id;
    driver_.start(container_);
    const Interrupt nobody;
    const auto until = std::chrono::steady_clock::now() + time_limit;
    while (std::chrono::steady_clock::now() < until) {
      const auto seen = driver_.observe(identity_, image_).container;
      if (seen && seen->state == ContainerState::exited) return seen->exit_code;
      nobody.wait_for(look_every);
    }
    return std::nullopt;
  }

  // Throws EngineError when something is left.
  void remove() {
    if (const auto seen = driver_.observe(identity_, image_).container) {
      if (seen->state == ContainerState::running) driver_.kill(seen->id);
      driver_.remove_container(seen->id);
    }
    driver_.remove_network(network_name(identity_));
    driver_.remove_volumes(identity_);
  }

  const std::string& name() const { return identity_.container_name; }

 private:
  DockerDriver& driver_;
  const std::string image_;
  AgentIdentity identity_;
  std::string container_;
};

Finding run_and_remove(Probe& probe, const std::vector<ForbiddenPlace>& places, bool proxied) {
  Finding finding;
  try {
    const auto code = probe.run();
    finding = code
                  ? judge_walls(*code, places, proxied)
                  : fail(check, "the probe did not end in time", "try again when less is going on");
  } catch (const EngineError& error) {
    finding = fail(check, std::string("the probe could not run: ") + error.what(),
                   "mend the engine first");
  }
  try {
    probe.remove();
  } catch (const EngineError& error) {
    return fail(check, finding.message + "; the probe could not be removed: " + error.what(),
                "docker rm -f " + probe.name());
  }
  return finding;
}

DockerSettings probe_settings(const Settings& settings, const std::string& instance,
                              const std::vector<ForbiddenPlace>& places) {
  DockerSettings docker = docker_settings(settings, instance);
  docker.command_override = {"/bin/sh", "-c", script, "walls"};
  for (const auto& place : places) docker.command_override.push_back(place.target);
  return docker;
}

}  // namespace

Finding judge_walls(int code, const std::vector<ForbiddenPlace>& places, bool proxied) {
  const int reached = code - first_reached;
  if (code == all_silent) {
    return ok(check,
              "a container in an agent's place reached its configuration's address and none of " +
                  std::to_string(places.size()) + " forbidden ones" +
                  (proxied ? "; the egress proxy answers there, and leads nobody on without an "
                             "agent's credential"
                           : ""));
  }
  if (code == proxy_is_silent) {
    return fail(
        check, "from an agent's place the egress proxy does not answer",
        "run mosaic api with --agent-egress proxy and the --egress-listen of the controller");
  }
  if (code == proxy_lets_through) {
    return fail(check, "what answers as the egress proxy leads on without an agent's credential",
                "let nothing but mosaic api listen on --egress-listen");
  }
  if (code == nothing_answers) {
    return fail(check, "from an agent's place not even the agents' own listener is reached",
                "check rules of the host's own firewall for " + std::string("bridges mos…"));
  }
  if (code == cannot_ask)
    return warn(check, "the image has neither node nor nc to try with",
                "give another --agent-image");
  if (reached >= 0 && static_cast<std::size_t>(reached) < places.size()) {
    return fail(check, "an agent reaches " + places[static_cast<std::size_t>(reached)].name,
                "the walls stand once mosaic has run here, as root; with --firewall required no "
                "agent starts without");
  }
  return fail(check, "the probe ended with " + std::to_string(code),
              "check that the image has a shell");
}

Finding probe_walls(const Settings& settings, const std::string& instance,
                    const std::string& image) {
  const EngineLocality locality = locate_engine(settings.engine.url);
  if (locality.place != EngineLocality::Place::here) {
    return warn(check, "can be tried on the engine's own machine only: " + locality.reason,
                "run mosaic doctor --probe there");
  }
  const Decoy decoy;
  std::vector<ForbiddenPlace> places{{"bridge:" + decoy.port(), "this host by its own bridge"},
                                     {"169.254.169.254:80", "the clouds' metadata address"}};
  add_own_addresses(settings, decoy.port(), places);
  const SystemClock clock;
  NullIsolation as_it_stands{"what stands is tried"};
  CgroupMemoryReclaimer reclaimer(settings.engine.url);
  try {
    DockerDriver lister(docker_settings(settings, instance), clock, as_it_stands, reclaimer);
    add_agents(lister, places);
    DockerDriver driver(probe_settings(settings, instance, places), clock, as_it_stands, reclaimer);
    Probe probe(driver, instance, image);
    return run_and_remove(probe, places, settings.agent_egress == EgressPolicy::proxy);
  } catch (const EngineError& error) {
    return fail(check, error.what(), "mend the engine first");
  }
}

}  // namespace mosaic::cli
