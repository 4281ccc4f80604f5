#include "cli/declarative/declared_fleet.hpp"

#include <algorithm>

#include "cli/failure.hpp"

namespace mosaic::cli {
namespace {

using manifest::Kind;
using manifest::Resource;

bool is_agent(Kind kind) { return kind == Kind::system_container || kind == Kind::user_container; }

// As URLs and labels have it.
std::string word_of(Kind kind) {
  if (kind == Kind::llm_provider) return "provider";
  return kind == Kind::system_container ? "system" : "user";
}

std::string fleet_path(Kind kind, const std::string& id) {
  return "/api/fleet/" + word_of(kind) + "/" + percent_encode(id);
}

// Those fields of `view` that the kind has and that say anything.
Json taken_from(const Json& view, Kind kind) {
  Json spec = Json::object();
  for (const auto& field : manifest::table_of(kind).fields) {
    const auto found = view.find(field.name);
    if (found != view.end() && !found->is_null()) spec[field.name] = *found;
  }
  return spec;
}

void name_provider(const Json& view, const std::map<std::string, std::string>& ids, Json& spec) {
  const auto id = view.find("providerId");
  if (id == view.end() || !id->is_string()) return;
  const auto named =
      std::find_if(ids.begin(), ids.end(), [&](const auto& entry) { return entry.second == *id; });
  spec["provider"] = named == ids.end() ? id->get<std::string>() : named->first;
}

Resource made(Kind kind, const std::string& name, Json spec) {
  Resource resource;
  resource.kind = kind;
  resource.name = name;
  resource.spec = std::move(spec);
  return resource;
}

}  // namespace

std::string words(const Resource& resource) {
  return std::string(manifest::table_of(resource.kind).word) + "/" + resource.name;
}

std::vector<Present> DeclaredFleet::read() {
  std::vector<Present> found;
  read_settings(found);
  read_providers(found);
  read_agent_config(found);
  read_agents(found, Kind::system_container);
  read_agents(found, Kind::user_container);
  read_labels(found);
  std::stable_sort(found.begin(), found.end(), [](const Present& left, const Present& right) {
    return std::tie(left.resource.kind, left.resource.name) <
           std::tie(right.resource.kind, right.resource.name);
  });
  return found;
}

void DeclaredFleet::read_settings(std::vector<Present>& found) {
  const Json limits = api_.get("/api/settings/limits");
  Json spec = taken_from(limits, Kind::settings);
  // What the environment fixes is not the database's to say.
  for (const auto& name : limits.at("fixed")) spec.erase(name.get<std::string>());
  found.push_back({made(Kind::settings, "default", spec), ""});
}

void DeclaredFleet::read_providers(std::vector<Present>& found) {
  const Json own = api_.get("/api/providers");
  for (const auto& view : own.at("items")) {
    const auto name = view.at("name").get<std::string>();
    own_providers_[name] = view.at("id").get<std::string>();
    found.push_back({made(Kind::llm_provider, name, taken_from(view, Kind::llm_provider)),
                     own_providers_[name]});
  }
  const Json choices = api_.get("/api/system-agents/choices");
  for (const auto& view : choices.at("providers"))
    shared_providers_.emplace(view.at("name").get<std::string>(), view.at("id").get<std::string>());
}

void DeclaredFleet::read_agent_config(std::vector<Present>& found) {
  const Json view = api_.get("/api/agent-config");
  if (view.at("generation") == 0) return;
  Json spec = taken_from(view, Kind::user_agent_config);
  name_provider(view, own_providers_, spec);
  found.push_back({made(Kind::user_agent_config, "default", spec), ""});
}

void DeclaredFleet::read_agents(std::vector<Present>& found, Kind kind) {
  std::string after;
  do {
    const Json page = api_.get("/api/fleet?kind=" + word_of(kind) + "&limit=200" +
                               (after.empty() ? "" : "&after=" + percent_encode(after)));
    for (const auto& view : page.at("items")) {
      if (view.at("deleting") == true) continue;
      const auto id = view.at("id").get<std::string>();
      Json spec = taken_from(view, kind);
      if (kind == Kind::system_container) {
        const Json whole = api_.get(fleet_path(kind, id));
        spec = taken_from(whole, kind);
        name_provider(whole, shared_providers_, spec);
      }
      found.push_back({made(kind, view.at("owner").get<std::string>(), spec), id});
    }
    after = page.at("next").is_null() ? "" : page.at("next").get<std::string>();
  } while (!after.empty());
}

void DeclaredFleet::read_labels(std::vector<Present>& found) {
  std::map<std::pair<std::string, std::string>, manifest::Labels> labels;
  const Json all = api_.get("/api/labels");
  for (const auto& item : all.at("items"))
    labels[{item.at("kind").get<std::string>(), item.at("id").get<std::string>()}] =
        item.at("labels").get<manifest::Labels>();
  for (auto& present : found) {
    if (present.id.empty()) continue;
    const auto mine = labels.find({word_of(present.resource.kind), present.id});
    if (mine != labels.end()) present.resource.labels = mine->second;
  }
}

// A name, or the id of a provider that has no name here.
std::string DeclaredFleet::provider_id(const std::map<std::string, std::string>& ids,
                                       const std::string& name) {
  const auto found = ids.find(name);
  return found == ids.end() ? name : found->second;
}

// Every field, so that what the manifest leaves out goes back to its default.
Json DeclaredFleet::body_of(const Resource& wanted, const std::string& api_key) {
  Json body = manifest::normalized(wanted);
  if (wanted.kind == Kind::llm_provider) {
    body["name"] = wanted.name;
    if (!api_key.empty()) body["apiKey"] = api_key;
  }
  if (body.contains("provider")) {
    const auto& ids = wanted.kind == Kind::system_container ? shared_providers_ : own_providers_;
    const Json name = body["provider"];
    body.erase("provider");
    body["providerId"] = name.is_null() ? Json() : Json(provider_id(ids, name.get<std::string>()));
  }
  return body;
}

void DeclaredFleet::create(const Resource& wanted, const std::string& api_key) {
  const std::string doing = "make " + words(wanted);
  Json body = body_of(wanted, api_key);
  std::string id;
  switch (wanted.kind) {
    case Kind::llm_provider:
      id = api_.send("POST", "/api/providers", body, doing).at("id").get<std::string>();
      own_providers_[wanted.name] = id;
      shared_providers_[wanted.name] = id;
      break;
    case Kind::system_container:
      body["name"] = wanted.name;
      id = api_.send("POST", "/api/system-agents", body, doing).at("id").get<std::string>();
      break;
    case Kind::user_container:
      body["owner"] = wanted.name;
      id = api_.send("POST", "/api/user-agents", body, doing).at("id").get<std::string>();
      break;
    case Kind::settings:
    case Kind::user_agent_config:
      update({wanted, ""}, wanted, api_key);
      return;
  }
  if (!wanted.labels.empty()) set_labels(wanted.kind, id, wanted.labels);
}

void DeclaredFleet::update(const Present& present, const Resource& wanted,
                           const std::string& api_key) {
  const std::string doing = "change " + words(wanted);
  const Json body = body_of(wanted, api_key);
  const std::string id = percent_encode(present.id);
  switch (wanted.kind) {
    case Kind::settings:
      api_.send("PUT", "/api/settings/limits", body, doing);
      break;
    case Kind::llm_provider:
      api_.send("PUT", "/api/providers/" + id, body, doing);
      break;
    case Kind::user_agent_config:
      api_.send("PUT", "/api/agent-config", body, doing);
      break;
    case Kind::system_container:
      api_.send("PUT", "/api/system-agents/" + id, body, doing);
      break;
    case Kind::user_container:
      api_.send("PATCH", fleet_path(wanted.kind, present.id), body, doing);
      break;
  }
}

void DeclaredFleet::set_labels(Kind kind, const std::string& id, const manifest::Labels& labels) {
  Json body{{"labels", Json::object()}};
  for (const auto& [name, value] : labels) body["labels"][name] = value;
  api_.send("PUT", "/api/labels/" + word_of(kind) + "/" + percent_encode(id), body,
            "label " + word_of(kind) + " " + id);
}

// Of what there is only one, the fields that the manifest names go back to their defaults.
void DeclaredFleet::remove(const Present& present, const Resource& wanted) {
  const std::string doing = "delete " + words(present.resource);
  if (!present.resource.labels.empty()) set_labels(present.resource.kind, present.id, {});
  if (is_agent(present.resource.kind)) {
    api_.send("DELETE", fleet_path(present.resource.kind, present.id), Json(), doing);
  } else if (present.resource.kind == Kind::llm_provider) {
    api_.send("DELETE", "/api/providers/" + percent_encode(present.id), Json(), doing);
  } else if (present.resource.kind == Kind::user_agent_config) {
    api_.send("PUT", "/api/agent-config", Json::object(), doing);
  } else {
    Json body = Json::object();
    for (const auto& [name, value] : wanted.spec.items()) body[name] = nullptr;
    api_.send("PUT", "/api/settings/limits", body, doing);
  }
}

bool DeclaredFleet::key_differs(const Present& present, const Resource& wanted,
                                const std::string& api_key) {
  const Json answer =
      api_.send("PUT", "/api/providers/" + percent_encode(present.id) + "?dryRun=true",
                body_of(wanted, api_key), "compare the key of " + words(wanted));
  return answer.value("changes", true);
}

}  // namespace mosaic::cli
