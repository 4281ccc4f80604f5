#include "runtime/firewall/firewall_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "runtime/docker/host_isolation.hpp"

namespace mosaic {

namespace {

// Where an agent has no business: ourselves, private networks, link-local (cloud metadata), carrier-grade NAT,
// protocol assignments (one cloud's metadata), a platform address of another cloud, benchmarks, multicast, reserved.
constexpr std::array blocked_networks = {
    "0.0.0.0/8",        "10.0.0.0/8",    "100.64.0.0/10", "127.0.0.0/8",
    "169.254.0.0/16",   "172.16.0.0/12", "192.0.0.0/24",  "192.168.0.0/16",
    "168.63.129.16/32", "198.18.0.0/15", "224.0.0.0/4",   "240.0.0.0/4",
};

constexpr auto replies = "-m conntrack --ctstate RELATED,ESTABLISHED ";
constexpr std::string_view docker_user = "DOCKER-USER";

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_ipv4(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

// "1.2.3.4" or "1.2.0.0/16" as "address/bits".
std::optional<std::string> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  if (!is_ipv4(text.substr(0, slash))) return std::nullopt;
  if (slash == std::string_view::npos) return std::string(text) + "/32";
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > 32) return std::nullopt;
  return std::string(text.substr(0, slash)) + "/" + std::to_string(*bits);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

std::string bridges(const FirewallSettings& settings) {
  return agent_bridge_prefix(settings.instance) + "+";
}

std::string chain_prefix(const FirewallSettings& settings) {
  return "MOSAIC-" + settings.instance.substr(0, 6) + "-";
}

// The jump target of a rule, as -S prints it.
std::string_view target_of(std::string_view rule) {
  const auto jump = rule.rfind("-j ");
  if (jump == std::string_view::npos) return {};
  const auto target = rule.substr(jump + 3);
  return target.substr(0, target.find(' '));
}

std::string allowed_match(const AllowedDestination& destination) {
  auto match = "-d " + destination.network + " -p tcp ";
  if (destination.port) match += "-m tcp --dport " + std::to_string(*destination.port) + " ";
  return match;
}

// Rules that let through what the settings name, to `verdict`.
void append_exceptions(const FirewallSettings& settings, const std::string& verdict,
                       std::vector<std::string>& rules) {
  for (const auto& destination : settings.allowed)
    rules.push_back(allowed_match(destination) + "-j " + verdict);
  if (settings.egress != EgressPolicy::internet) return;
  for (const auto& resolver : settings.resolvers) {
    for (const std::string protocol : {"udp", "tcp"}) {
      rules.push_back("-d " + resolver + "/32 -p " + protocol + " -m " + protocol +
                      " --dport 53 -j " + verdict);
    }
  }
}

std::vector<std::string> input_rules(const FirewallSettings& settings) {
  std::vector<std::string> rules = {replies + std::string("-j ACCEPT")};
  std::vector ports = {settings.api_port};
  if (settings.egress == EgressPolicy::proxy) ports.push_back(settings.proxy_port);
  for (const auto port : ports) {
    rules.push_back("-d " + settings.subnet_range + " -p tcp -m tcp --dport " +
                    std::to_string(port) + " -j ACCEPT");
  }
  append_exceptions(settings, "ACCEPT", rules);
  rules.push_back("-j DROP");
  return rules;
}

std::vector<std::string> egress_rules(const FirewallSettings& settings) {
  std::vector<std::string> rules = {replies + std::string("-j RETURN")};
  // Agents of every instance: the allow-list below must not open a way to another one's.
  rules.push_back("-o mos+ -j DROP");
  append_exceptions(settings, "RETURN", rules);
  for (const auto* network : blocked_networks)
    rules.push_back("-d " + std::string(network) + " -j DROP");
  rules.push_back(settings.egress == EgressPolicy::internet ? "-j RETURN" : "-j DROP");
  return rules;
}

bool is_own_jump(const FirewallPlan& plan, std::string_view rule) {
  return target_of(rule).starts_with(plan.chain_prefix);
}

bool has_chain(const FirewallListing& listing, std::string_view chain) {
  return listing.contains(std::string(chain));
}

const std::vector<std::string>& rules_in(const FirewallListing& listing, const std::string& chain) {
  static const std::vector<std::string> none;
  const auto found = listing.find(chain);
  return found == listing.end() ? none : found->second;
}

bool contains(const std::vector<std::string>& rules, const std::string& rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

std::string text_of(const FirewallPlan::Jump& jump) { return jump.match + " -j " + jump.to; }

// Foreign rules before ours could let agents through; another instance's jumps only concern its own bridges.
bool jumps_come_first(const FirewallPlan& plan, const FirewallListing& listing,
                      const std::string& chain) {
  std::size_t missing = 0;
  for (const auto& jump : plan.jumps) {
    if (jump.from == chain) ++missing;
  }
  for (const auto& rule : rules_in(listing, chain)) {
    if (missing == 0) return true;
    if (is_own_jump(plan, rule)) {
      --missing;
    } else if (!target_of(rule).starts_with("MOSAIC-")) {
      return false;
    }
  }
  return missing == 0;
}

// Takes every jump to our chains out, wherever it stands.
void append_jump_removals(const FirewallPlan& plan, const FirewallListing& listing,
                          std::string& script) {
  for (const auto& [chain, rules] : listing) {
    if (chain.starts_with(plan.chain_prefix)) continue;
    for (const auto& rule : rules) {
      if (is_own_jump(plan, rule)) script += "-D " + chain + " " + rule + "\n";
    }
  }
}

void append_chain_removals(const std::vector<std::string>& chains, std::string& script) {
  for (const auto& chain : chains) script += "-F " + chain + "\n";
  for (const auto& chain : chains) script += "-X " + chain + "\n";
}

}  // namespace

std::optional<AllowedDestination> parse_allowed_destination(std::string_view text) {
  const auto colon = text.find(':');
  const auto network = parse_network(text.substr(0, colon));
  if (!network) return std::nullopt;
  if (colon == std::string_view::npos) return AllowedDestination{*network, std::nullopt};
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  return AllowedDestination{*network, *port};
}

std::vector<std::string> parse_resolvers(std::string_view resolv_conf) {
  constexpr std::string_view keyword = "nameserver";
  std::vector<std::string> resolvers;
  for (auto line : lines_of(resolv_conf)) {
    if (!line.starts_with(keyword)) continue;
    line.remove_prefix(keyword.size());
    const auto begin = line.find_first_not_of(" \t");
    if (begin == 0 || begin == std::string_view::npos) continue;
    line.remove_prefix(begin);
    const auto address = line.substr(0, line.find_first_of(" \t\r#;"));
    if (is_ipv4(address) && !address.starts_with("127.")) resolvers.emplace_back(address);
  }
  return resolvers;
}

void validate(const FirewallSettings& settings) {
  const auto refuse = [](const std::string& problem) {
    throw std::invalid_argument("firewall: " + problem);
  };
  const auto& instance = settings.instance;
  if (instance.size() < 6 || instance.find_first_not_of("0123456789abcdef") != std::string::npos) {
    refuse("the instance id must be lowercase hex of at least 6 digits");
  }
  if (parse_network(settings.subnet_range) != settings.subnet_range) {
    refuse("the agents' subnet range must look like 10.201.0.0/16, not '" + settings.subnet_range +
           "'");
  }
  if (settings.api_port == 0) refuse("the agents' API port is not set");
  if (settings.egress == EgressPolicy::proxy && settings.proxy_port == 0)
    refuse("the egress proxy's port is not set");
  for (const auto& destination : settings.allowed) {
    if (parse_network(destination.network) != destination.network || destination.port == 0) {
      refuse("'" + destination.network + "' in the allow-list is not an IPv4 address or network");
    }
  }
  for (const auto& resolver : settings.resolvers) {
    if (!is_ipv4(resolver)) refuse("the resolver '" + resolver + "' is not an IPv4 address");
  }
}

FirewallListing parse_listing(std::string_view text) {
  FirewallListing listing;
  for (const auto line : lines_of(text)) {
    if (line.size() < 4) continue;
    const auto rest = line.substr(3);
    const auto chain = std::string(rest.substr(0, rest.find(' ')));
    if (line.starts_with("-N ") || line.starts_with("-P ")) listing[chain];
    if (line.starts_with("-A "))
      listing[chain].emplace_back(rest.substr(std::min(rest.size(), chain.size() + 1)));
  }
  return listing;
}

FirewallPlan plan_ipv4(const FirewallSettings& settings) {
  FirewallPlan plan;
  plan.chain_prefix = chain_prefix(settings);
  plan.uses_docker_user = true;
  const auto input = plan.chain_prefix + "INPUT";
  const auto ingress = plan.chain_prefix + "INGRESS";
  const auto egress = plan.chain_prefix + "EGRESS";
  plan.chains[input] = input_rules(settings);
  plan.chains[ingress] = {replies + std::string("-j RETURN"), "-j DROP"};
  plan.chains[egress] = egress_rules(settings);
  plan.jumps = {{"INPUT", "-i " + bridges(settings), input},
                {std::string(docker_user), "-o " + bridges(settings), ingress},
                {std::string(docker_user), "-i " + bridges(settings), egress}};
  return plan;
}

FirewallPlan plan_ipv6(const FirewallSettings& settings) {
  FirewallPlan plan;
  plan.chain_prefix = chain_prefix(settings);
  const auto nothing = plan.chain_prefix + "IPV6";
  plan.chains[nothing] = {"-j DROP"};
  plan.jumps = {{"INPUT", "-i " + bridges(settings), nothing},
                {"FORWARD", "-o " + bridges(settings), nothing},
                {"FORWARD", "-i " + bridges(settings), nothing}};
  return plan;
}

FirewallListing own_chains(const FirewallPlan& plan, const FirewallListing& listing) {
  FirewallListing own;
  for (const auto& [chain, rules] : listing) {
    if (chain.starts_with(plan.chain_prefix)) own.emplace(chain, rules);
  }
  return own;
}

bool stands(const FirewallPlan& plan, const FirewallListing& listing) {
  if (own_chains(plan, listing).size() != plan.chains.size()) return false;
  for (const auto& [chain, rules] : plan.chains) {
    if (!has_chain(listing, chain) || rules_in(listing, chain).size() != rules.size()) return false;
  }
  for (const auto& jump : plan.jumps) {
    const auto& rules = rules_in(listing, jump.from);
    if (!contains(rules, text_of(jump)) || !jumps_come_first(plan, listing, jump.from))
      return false;
  }
  return !plan.uses_docker_user ||
         contains(rules_in(listing, "FORWARD"), "-j " + std::string(docker_user));
}

std::string apply_script(const FirewallPlan& plan, const FirewallListing& listing) {
  std::string script = "*filter\n";
  for (const auto& [chain, rules] : plan.chains) script += ":" + chain + " - [0:0]\n";
  // A declared chain is emptied, so the engine's own is declared only while it does not exist.
  if (plan.uses_docker_user && !has_chain(listing, docker_user))
    script += ":" + std::string(docker_user) + " - [0:0]\n";
  append_jump_removals(plan, listing, script);
  for (const auto& [chain, rules] : plan.chains) {
    for (const auto& rule : rules) script += "-A " + chain + " " + rule + "\n";
  }
  for (auto jump = plan.jumps.rbegin(); jump != plan.jumps.rend(); ++jump) {
    script += "-I " + jump->from + " 1 " + text_of(*jump) + "\n";
  }
  if (plan.uses_docker_user &&
      !contains(rules_in(listing, "FORWARD"), "-j " + std::string(docker_user))) {
    script += "-I FORWARD 1 -j " + std::string(docker_user) + "\n";
  }
  std::vector<std::string> former;
  for (const auto& [chain, rules] : own_chains(plan, listing)) {
    if (!plan.chains.contains(chain)) former.push_back(chain);
  }
  append_chain_removals(former, script);
  return script + "COMMIT\n";
}

std::string removal_script(const FirewallPlan& plan, const FirewallListing& listing) {
  std::vector<std::string> own;
  for (const auto& [chain, rules] : own_chains(plan, listing)) own.push_back(chain);
  if (own.empty()) return {};
  std::string script = "*filter\n";
  append_jump_removals(plan, listing, script);
  append_chain_removals(own, script);
  return script + "COMMIT\n";
}

}  // namespace mosaic
