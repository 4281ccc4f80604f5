// Server-sent events on their way through. First line: the bound of what is held back, then how the stream arrives in
// pieces. However it arrives, the client gets the agent's bytes, all and in order, and whole events wherever they fit.
#include "api/gateway/event_relay.hpp"

#include <algorithm>

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

bool ends_with_event(std::string_view text) {
  return text.ends_with("\n\n") || text.ends_with("\r\n\r\n");
}

std::size_t leading_number(std::string_view text) {
  std::size_t value = 0;
  for (const char c : text.substr(0, 3)) {
    if (c < '0' || c > '9') break;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

}  // namespace

void try_input(std::string_view input) {
  auto lengths = take_line(input);
  const auto limit = std::max<std::size_t>(4, leading_number(lengths));  // a blank line fits
  lengths.remove_prefix(std::min(lengths.find(' '), lengths.size()));
  EventRelay relay(limit);
  std::string sent;
  for (const auto piece : in_pieces(input, lengths)) {
    sent.append(relay.pass(piece));
    require(relay.rest().size() <= limit, "no more is held back than the bound");
    require(relay.intact() == (sent.empty() || ends_with_event(sent)),
            "intact is what ends with a complete event");
    require(input.starts_with(sent + std::string(relay.rest())),
            "what is sent and held back is what came");
  }
  require(sent + std::string(relay.rest()) == input, "nothing is lost, doubled or changed");
}

}  // namespace mosaic::test
