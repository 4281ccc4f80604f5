// Asks a provider's own address whether it answers, with which credentials, and which models it lists.
//
// Implementations are safe from any thread and block for ten seconds at most. They go only where the house's rules for
// outbound requests allow it, follow no redirect, and say nothing of an answer but its class and the listed models.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

enum class ProbeOutcome : std::uint8_t {
  reachable,          // it answered and took the key
  unauthorized,       // it answered and did not take the key
  not_found,          // it answered, but there is no such API
  timeout,            // no answer in time
  unreachable,        // nobody listens there, or there is no such name
  refused_by_policy,  // we do not ask there
  tls,                // its certificate is not to be trusted
  server_error,       // it answered with an error of its own, or with what is no answer
};

struct ProbeTarget {
  std::string type;  // zai, openai, anthropic, ollama, custom
  std::string api;   // as provider_entry.hpp has it
  std::string base_url;
  std::string api_key;  // plain; empty: none
  // Ranges of private addresses that an admin allows ("192.168.1.0/24").
  std::vector<std::string> private_ranges;
};

struct ListedModel {
  std::string id;
  std::string name;
};

struct ProbeResult {
  ProbeOutcome outcome = ProbeOutcome::unreachable;
  std::vector<ListedModel> models;  // 500 at most, ordered by id
};

class ProviderProbe {
 public:
  virtual ~ProviderProbe() = default;
  virtual ProbeResult probe(const ProbeTarget& target) = 0;
};

std::string_view to_string(ProbeOutcome outcome);  // "refused-by-policy" …
// What to do about it: one sentence; empty for reachable.
std::string_view remedy_for(ProbeOutcome outcome);

// The pure parts: what is asked, and what an answer means.
struct ProbeRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
};
ProbeRequest probe_request(const ProbeTarget& target);
ProbeResult judge_answer(const ProbeTarget& target, int status, std::string_view body);

}  // namespace mosaic
