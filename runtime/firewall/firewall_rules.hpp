// The wall around agents as iptables rules: which rules there are, whether a listing shows them, and the script that
// brings them about in one atomic step. Pure functions; host_firewall.hpp runs the programs.
//
// Everything that begins at an agent's bridge is matched by the bridge's name, which carries the instance: several
// Mosaic instances on one host neither see nor touch each other's chains.
//
//   INPUT        agent -> host: replies, the agents' API port and with it the egress proxy's on the bridges' own
//                addresses, allow-listed; else dropped
//   DOCKER-USER  anything new -> agent: dropped (other agents included)
//                agent -> elsewhere: private, link-local (metadata) and reserved ranges dropped unless allow-listed;
//                the internet by policy
//   IPv6         agents have none: everything dropped
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

// `proxy`: as `none`, and the egress proxy decides on what agents ask it for.
enum class EgressPolicy : std::uint8_t { internet, proxy, none };

// A private service that agents may use: TCP to `network` ("10.1.2.3/32"), on one port or on all.
struct AllowedDestination {
  std::string network;
  std::optional<std::uint16_t> port;

  bool operator==(const AllowedDestination&) const = default;
};

// "10.1.2.3:11434", "10.1.0.0/16:443", "10.1.2.3", "10.1.0.0/16"; nothing for anything else, names included: an
// address that changes behind a name would open the wall somewhere else.
std::optional<AllowedDestination> parse_allowed_destination(std::string_view text);

// Nameservers of a resolv.conf that agents reach over the network: IPv4 and not loopback.
std::vector<std::string> parse_resolvers(std::string_view resolv_conf);

struct FirewallSettings {
  std::string instance;          // the database's instance id
  std::string subnet_range;      // the agents' subnets come from here, "10.201.0.0/16"
  std::uint16_t api_port = 0;    // of the agents' API
  std::uint16_t proxy_port = 0;  // of the egress proxy; heeded with EgressPolicy::proxy only
  EgressPolicy egress = EgressPolicy::internet;
  std::vector<AllowedDestination> allowed;
  std::vector<std::string>
      resolvers;  // may be asked over port 53 even when they are in a private range
};

// Throws std::invalid_argument, in words for an operator, when a value could not stand in a rule.
void validate(const FirewallSettings& settings);

// What `iptables -S` prints: for each chain its rules in order, without "-A CHAIN ".
using FirewallListing = std::map<std::string, std::vector<std::string>>;
FirewallListing parse_listing(std::string_view text);

// One address family's part of the wall.
struct FirewallPlan {
  struct Jump {
    std::string from;   // a built-in chain or DOCKER-USER
    std::string match;  // "-i mos1a2b3c+"
    std::string to;     // one of `chains`
  };
  std::string chain_prefix;  // of all our chains, former versions' included
  std::map<std::string, std::vector<std::string>> chains;  // their rules, as for -A
  std::vector<Jump> jumps;                                 // in the order in which they are met
  bool uses_docker_user = false;
};

FirewallPlan plan_ipv4(const FirewallSettings& settings);
FirewallPlan plan_ipv6(const FirewallSettings& settings);

// The part of a listing that is ours; equal before and after as long as nobody touched it.
FirewallListing own_chains(const FirewallPlan& plan, const FirewallListing& listing);

// True when our chains exist with as many rules as planned and every jump stands before all foreign rules.
bool stands(const FirewallPlan& plan, const FirewallListing& listing);

// Input for `iptables-restore --noflush`.
std::string apply_script(const FirewallPlan& plan, const FirewallListing& listing);
// Takes away our chains and jumps and nothing else; empty when there are none.
std::string removal_script(const FirewallPlan& plan, const FirewallListing& listing);

}  // namespace mosaic
