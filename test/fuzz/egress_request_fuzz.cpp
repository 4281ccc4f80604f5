// What an agent asks the egress proxy for: whatever is taken has one target that the guard for URLs takes too, and what is
// forwarded of it reads as one request of ours, with the same body and nothing that was meant for the proxy.
#include "api/egress/egress_request.hpp"

#include <algorithm>

#include "secrets/egress_credential.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

void check_target(const EgressRequest& request) {
  const auto again = parse_outbound_url(request.target.origin() + request.target.target);
  const auto* url = std::get_if<OutboundUrl>(&again);
  require(url != nullptr, "the guard takes the target by itself");
  require(url->host == request.target.host && url->port == request.target.port,
          "written again, a target means the same");
  require(request.tunnel == request.target.https, "a tunnel is for https, the rest is not");
}

void check_credential(const EgressCredential& credential) {
  require(agent_of_egress_user(egress_user(credential.agent)) == credential.agent,
          "a credential names an agent that can be named");
  require(!credential.agent.name.empty(), "a row has an id");
}

void check_forwarded(const EgressRequest& request) {
  HeadLimits wide;
  wide.bytes *= 2;
  const auto& text = request.forwarded_head;
  const auto begin = text.find(' ') + 1;
  const auto end = text.find(' ', begin);
  require(text.substr(begin, end - begin) == request.target.target,
          "its target is the path that was asked for");
  // How a path is encoded is between the agent and whom it asks, and so is what it expects.
  const auto verdict = check_request_head(text.substr(0, begin) + "/" + text.substr(end), wide);
  const auto* rejection = std::get_if<Rejection>(&verdict);
  if (rejection != nullptr && rejection->status == 417) return;
  const auto* head = std::get_if<RequestHead>(&verdict);
  require(head != nullptr, "what is forwarded is a request of which nobody can read two");
  require(!head->chunked && head->content_length == request.body_bytes,
          "its body is as long as what is passed on");
  require(!head->keep_alive, "nothing comes after it");
  for (const auto& field : head->fields) {
    require(!field.name.starts_with("proxy-"), "nothing that was meant for the proxy goes on");
    require(field.name != "host" || field.value == request.target.host_field(),
            "it is for the host that was judged");
  }
}

}  // namespace

void try_input(std::string_view input) {
  const auto verdict = read_egress_request(input, HeadLimits{});
  if (const auto* rejection = std::get_if<Rejection>(&verdict)) {
    require(rejection->status >= 400 && rejection->status < 500, "a refusal has a status");
    require(!rejection->detail.empty(), "a refusal says why");
    return;
  }
  const auto& request = std::get<EgressRequest>(verdict);
  check_target(request);
  if (request.credential) check_credential(*request.credential);
  require(request.tunnel == request.forwarded_head.empty(), "a tunnel forwards no head");
  if (!request.tunnel) check_forwarded(request);
}

}  // namespace mosaic::test
