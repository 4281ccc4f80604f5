// The chunked transfer coding. First line: how the rest arrives in pieces (see in_pieces). However it arrives, the body and
// its end are those that the grammar gives.
#include "api/chunk_decoder.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

constexpr ChunkDecoder::Limits limits{};

struct Decoded {
  std::string body;
  std::size_t end = 0;  // behind the last byte of the coding
  bool operator==(const Decoded&) const = default;
};

struct Outcome {
  std::optional<Decoded> whole;
  std::string body;  // what came out until the end, or until it was malformed or not there
  bool malformed = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(const std::vector<std::string_view>& pieces) {
  ChunkDecoder decoder(limits);
  Outcome outcome;
  std::size_t before = 0;
  for (const auto piece : pieces) {
    std::size_t at = 0;
    while (true) {
      const auto step = decoder.next(piece.substr(at));
      at += step.consumed;
      require(at <= piece.size(), "no more is consumed than there is");
      require(step.event == ChunkDecoder::Event::data || step.data.empty(), "only data has bytes");
      outcome.body.append(step.data);
      if (step.event == ChunkDecoder::Event::malformed) outcome.malformed = true;
      if (step.event == ChunkDecoder::Event::end) outcome.whole = {outcome.body, before + at};
      if (outcome.malformed || outcome.whole) return outcome;
      if (step.event == ChunkDecoder::Event::need_more) break;
      require(decoder.announced() >= step.data.size(), "a chunk announces what it has");
    }
    require(at == piece.size(), "all that came is consumed");
    before += piece.size();
  }
  return outcome;
}

bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

// A line off the front, which ends with CR LF and has no other CR or LF.
std::optional<std::string_view> take_whole_line(std::string_view& rest) {
  const auto end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

std::optional<std::size_t> size_of_chunk(std::string_view line) {
  const auto digits = line.substr(0, line.find(';'));
  const auto extension = line.substr(std::min(digits.size() + 1, line.size()));
  if (digits.empty() || digits.size() > 12 || !is_text(extension) ||
      extension.size() > limits.extension_bytes ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return std::nullopt;
  return std::stoull(std::string(digits), nullptr, 16);
}

bool skip_trailers(std::string_view& rest) {
  std::size_t bytes = 0;
  while (true) {
    const auto line = take_whole_line(rest);
    if (!line) return false;
    if (line->empty()) return true;
    bytes += line->size() + 1;
    if (!is_text(*line) || std::string_view(" \t:").find(line->front()) != std::string_view::npos ||
        bytes > limits.trailer_bytes)
      return false;
  }
}

// RFC 9112, section 7.1, read off the whole text at once.
std::optional<Decoded> by_the_grammar(std::string_view text) {
  Decoded decoded;
  auto rest = text;
  while (true) {
    const auto line = take_whole_line(rest);
    const auto size = line ? size_of_chunk(*line) : std::nullopt;
    if (!size) return std::nullopt;
    if (*size == 0) break;
    if (rest.size() < *size || rest.substr(*size, 2) != "\r\n") return std::nullopt;
    decoded.body.append(rest.substr(0, *size));
    rest.remove_prefix(*size + 2);
  }
  if (!skip_trailers(rest)) return std::nullopt;
  decoded.end = text.size() - rest.size();
  return decoded;
}

// The input as a body: coded in chunks of the same pieces, it comes back.
void check_round_trip(const std::vector<std::string_view>& pieces) {
  std::string body;
  std::string coded;
  for (const auto piece : pieces) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    coded.append(size).append(piece).append("\r\n");
    body.append(piece);
  }
  coded.append("0\r\n\r\n");
  const auto end = coded.size();
  coded.append("5\r\n");  // belongs to whatever comes next
  const auto outcome = decode({coded});
  require(outcome.whole == Decoded{body, end}, "what is coded in chunks comes back whole");
}

}  // namespace

void try_input(std::string_view input) {
  const auto lengths = take_line(input);
  const auto pieces = in_pieces(input, lengths);
  const auto outcome = decode(pieces);
  require(outcome == decode({input}), "the pieces that a body arrives in mean nothing");
  require(outcome.whole == by_the_grammar(input), "a body is over where the grammar says so");
  check_round_trip(pieces);
}

}  // namespace mosaic::test
