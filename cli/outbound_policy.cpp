#include "cli/outbound_policy.hpp"

#include "http/http_error.hpp"
#include "http/outbound_client.hpp"
#include "http/socket.hpp"
#include "store/server_places.hpp"

namespace mosaic::cli {
namespace {

constexpr std::chrono::seconds look_up_limit{3};

// What has no address now cannot be reached there either.
void add_place(const std::string& host, std::uint16_t port, std::vector<OutboundPlace>& places) {
  try {
    for (const auto& address : resolve_addresses(host, WaitLimit::in(look_up_limit))) {
      if (const auto range = IpRange::parse(address.text())) places.push_back({*range, port});
    }
  } catch (const HttpError&) {
    return;
  }
}

}  // namespace

OutboundPolicy outbound_policy(const Settings& settings, const std::string& database_url) {
  OutboundPolicy policy;
  if (const auto agents = IpRange::parse(to_string(settings.agent_subnets)))
    policy.refused.push_back(*agents);
  policy.own_addresses = addresses_of_this_host();
  policy.own_ports = {settings.listen.port, settings.agent_listen.port,
                      settings.egress_listen.port};
  DatabaseOptions database;
  database.url = database_url;
  for (const auto& place : server_places(database))
    add_place(place.host, place.port, policy.own_places);
  if (!settings.engine.is_local())
    add_place(settings.engine.http.host, settings.engine.http.port, policy.own_places);
  return policy;
}

OutboundPolicy egress_policy(const Settings& settings, const std::string& database_url) {
  auto policy = outbound_policy(settings, database_url);
  policy.this_host_refused = true;  // as the firewall has it
  for (const auto& allowed : settings.agent_egress_allow) {
    if (const auto range = IpRange::parse(allowed.network))
      policy.named_places.push_back({*range, allowed.port});
  }
  return policy;
}

}  // namespace mosaic::cli
