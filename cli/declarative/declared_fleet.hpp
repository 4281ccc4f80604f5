// The fleet as manifests speak of it: what is there now, and how one of them is made, changed or taken away.
//
// Providers and a UserAgentConfig are those of whoever's token it is: what belongs to other people no admin reads.
// Used from one thread. Throws CommandError.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/declarative/fleet_api.hpp"
#include "manifest/manifest.hpp"

namespace mosaic::cli {

struct Present {
  manifest::Resource resource;
  std::string id;  // of the row; empty where there is one only
};

class DeclaredFleet {
 public:
  explicit DeclaredFleet(FleetApi& api) : api_(api) {}

  // Everything, read anew; in the order in which kinds are applied, then by name.
  std::vector<Present> read();

  // `api_key`: of a provider; empty: none is given.
  void create(const manifest::Resource& wanted, const std::string& api_key);
  void update(const Present& present, const manifest::Resource& wanted, const std::string& api_key);
  void set_labels(manifest::Kind kind, const std::string& id, const manifest::Labels& labels);
  void remove(const Present& present, const manifest::Resource& wanted);
  // Whether that key is another than the stored one; asked of the API, which alone knows.
  bool key_differs(const Present& present, const manifest::Resource& wanted,
                   const std::string& api_key);

 private:
  void read_settings(std::vector<Present>& found);
  void read_providers(std::vector<Present>& found);
  void read_agent_config(std::vector<Present>& found);
  void read_agents(std::vector<Present>& found, manifest::Kind kind);
  void read_labels(std::vector<Present>& found);
  manifest::Json body_of(const manifest::Resource& wanted, const std::string& api_key);
  std::string provider_id(const std::map<std::string, std::string>& ids, const std::string& name);

  FleetApi& api_;
  std::map<std::string, std::string> own_providers_;     // name to id
  std::map<std::string, std::string> shared_providers_;  // likewise: of all admins
};

// "SystemContainer/mosaic-main".
std::string words(const manifest::Resource& resource);

}  // namespace mosaic::cli
