#include "cli/declarative/change_plan.hpp"

#include <algorithm>
#include <tuple>

namespace mosaic::cli {
namespace {

using manifest::Resource;

// Members in any order.
bool same(const Json& left, const Json& right) {
  return nlohmann::json(left) == nlohmann::json(right);
}

// Whether what is there has every field as it is wanted; of an incomplete kind only those that are named.
bool is_so(const Resource& wanted, const Resource& there) {
  const Json is = manifest::normalized(there);
  const Json should_be = manifest::normalized(wanted);
  for (const auto& [name, value] : should_be.items()) {
    if (!same(value, is.value(name, Json()))) return false;
  }
  return true;
}

Change change_of(const Resource& wanted, const std::vector<Present>& present) {
  Change change;
  change.wanted = wanted;
  const auto there = std::find_if(present.begin(), present.end(), [&](const Present& each) {
    return each.resource.same_thing(wanted);
  });
  if (there == present.end()) {
    change.action = Change::Action::create;
    return change;
  }
  change.present = *there;
  if (!is_so(wanted, there->resource)) {
    change.action = Change::Action::update;
  } else if (wanted.labels != there->resource.labels) {
    change.action = Change::Action::relabel;
  }
  return change;
}

void add_differences(const Json& from, const Json& to, std::vector<std::string>& lines) {
  const auto line = [&](char sign, const std::string& name, const Json& value) {
    if (!value.is_null())
      lines.push_back(std::string(1, sign) + " " + name + ": " +
                      value.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  for (const auto& [name, value] : to.items()) {
    const Json was = from.value(name, Json());
    if (same(was, value)) continue;
    line('-', name, was);
    line('+', name, value);
  }
}

}  // namespace

std::vector<Change> plan_changes(const std::vector<Resource>& wanted,
                                 const std::vector<Present>& present,
                                 const std::optional<manifest::Labels>& prune) {
  std::vector<Change> changes;
  for (const auto& resource : wanted) changes.push_back(change_of(resource, present));
  std::stable_sort(changes.begin(), changes.end(), [](const Change& left, const Change& right) {
    return left.wanted.kind < right.wanted.kind;
  });
  if (!prune) return changes;
  for (auto there = present.rbegin(); there != present.rend(); ++there) {
    const bool named = std::any_of(wanted.begin(), wanted.end(), [&](const Resource& resource) {
      return resource.same_thing(there->resource);
    });
    if (named || there->id.empty() || !manifest::matches(there->resource.labels, *prune)) continue;
    changes.push_back({Change::Action::remove, there->resource, *there});
  }
  return changes;
}

std::vector<std::string> differences(const Change& change) {
  std::vector<std::string> lines;
  const Json nothing = Json::object();
  const Json is = change.present ? manifest::normalized(change.present->resource) : nothing;
  if (change.action == Change::Action::remove) {
    lines.reserve(is.size());
    for (const auto& [name, value] : is.items()) {
      if (!value.is_null()) lines.push_back("- " + name + ": " + value.dump());
    }
    return lines;
  }
  add_differences(is, manifest::normalized(change.wanted), lines);
  add_differences({{"labels", change.present ? Json(change.present->resource.labels) : nothing}},
                  {{"labels", Json(change.wanted.labels)}}, lines);
  return lines;
}

}  // namespace mosaic::cli
