#include "api/provider_test.hpp"

#include <nlohmann/json.hpp>

#include "api/json_response.hpp"
#include "api/problem.hpp"

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

constexpr int at_a_time = 2;

class Turn {
 public:
  explicit Turn(std::atomic<int>& running) : running_(running), number_(++running) {}
  ~Turn() { --running_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool granted() const { return number_ <= at_a_time; }

 private:
  std::atomic<int>& running_;
  const int number_;
};

Json models_json(const std::vector<ListedModel>& models) {
  auto list = Json::array();
  for (const auto& model : models) list.push_back({{"id", model.id}, {"name", model.name}});
  return list;
}

Response too_many() {
  auto response = problem(503, problem_type::busy, "Other connection tests are running.",
                          "Try again in a few seconds.");
  response.set_field("Retry-After", "3");
  return response;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ' ') {
    if (c != ' ' && c != ',') {
      word.push_back(c);
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, ""));
    }
  }
  return words;
}

}  // namespace

Response ProviderTest::run(const ProviderInput& provider) {
  const auto result = probe(provider);
  if (!result) return too_many();
  const auto remedy = remedy_for(result->outcome);
  Json body;
  body["outcome"] = to_string(result->outcome);
  body["ok"] = result->outcome == ProbeOutcome::reachable;
  body["remedy"] = remedy.empty() ? Json() : Json(remedy);
  body["models"] = models_json(result->models);
  return json_response(200, body);
}

Response ProviderTest::models(const ProviderInput& provider) {
  const auto result = probe(provider);
  if (!result) return too_many();
  if (result->outcome != ProbeOutcome::reachable) {
    return problem(
        502, problem_type::provider_failed,
        "The provider did not list its models: " + std::string(to_string(result->outcome)) + ".",
        remedy_for(result->outcome));
  }
  return json_response(200, Json{{"items", models_json(result->models)}});
}

std::optional<ProbeResult> ProviderTest::probe(const ProviderInput& provider) {
  const Turn turn(running_);
  if (!turn.granted()) return std::nullopt;
  ProbeTarget target;
  target.type = provider.entry.type;
  target.api = provider.entry.api;
  target.base_url = provider.entry.base_url;
  target.api_key = provider.api_key;
  const auto settings = agents_.settings("fleet.providerPrivateRanges");
  if (const auto ranges = settings.find("fleet.providerPrivateRanges"); ranges != settings.end())
    target.private_ranges = words(ranges->second);
  return probe_.probe(target);
}

ProviderInput saved_provider(const ProviderRow& row, const SecretBox& secrets) {
  ProviderInput input;
  input.row = row;
  input.api_key = plain_key(row, secrets).value_or("");
  std::map<std::string, std::string> keys;
  if (!input.api_key.empty()) keys[row.id] = input.api_key;
  input.entry = make_provider_entries({row}, keys).front();
  return input;
}

}  // namespace mosaic
