#include "api/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mosaic::test {
namespace {

using Event = ChunkDecoder::Event;

struct Decoded {
  Event last = Event::need_more;
  std::string body;
  std::size_t consumed = 0;
};

// Fed in pieces of that length, as a socket might.
Decoded decode(std::string_view input, std::size_t piece) {
  ChunkDecoder decoder(ChunkDecoder::Limits{});
  Decoded decoded;
  for (std::size_t at = 0; at < input.size();) {
    const auto step = decoder.next(input.substr(at, piece));
    at += step.consumed;
    decoded.body += step.data;
    decoded.last = step.event;
    decoded.consumed = at;
    if (step.event == Event::end || step.event == Event::malformed) return decoded;
  }
  const auto step = decoder.next({});
  decoded.last = step.event;
  return decoded;
}

TEST(ChunkDecoder, TakesBodiesApartHoweverTheyArrive) {
  const std::string body =
      "3\r\nabc\r\nA;name=\"value\"\r\n0123456789\r\n0\r\nX-Trailer: dropped\r\n\r\n";
  for (std::size_t piece = 1; piece <= body.size() + 4; ++piece) {
    const auto decoded = decode(body + "next", piece);
    EXPECT_EQ(decoded.last, Event::end) << piece;
    EXPECT_EQ(decoded.body, "abc0123456789") << piece;
    EXPECT_EQ(decoded.consumed, body.size()) << piece;
  }
}

TEST(ChunkDecoder, RefusesWhatTwoPartiesCouldReadDifferently) {
  const std::vector<std::string> bodies{
      "\r\n",
      "3\nabc\r\n0\r\n\r\n",
      "3 \r\nabc\r\n0\r\n\r\n",
      " 3\r\nabc\r\n0\r\n\r\n",
      "0x3\r\nabc\r\n0\r\n\r\n",
      "+3\r\nabc\r\n0\r\n\r\n",
      "-1\r\nabc\r\n0\r\n\r\n",
      "g\r\n",
      ";x\r\nabc\r\n",
      "3\r\nabcd\r\n0\r\n\r\n",
      "3\r\nabc\n0\r\n\r\n",
      "3\r\nabc\rX0\r\n\r\n",
      "3\r\rabc\r\n0\r\n\r\n",
      "3;a\nb\r\nabc\r\n0\r\n\r\n",
      "ffffffffffffffff\r\n",
      "0\r\n\n",
      "0\r\n continued: x\r\n\r\n",
      "0\r\n: x\r\n\r\n",
      "0\r\nX: a\rb\r\n\r\n",
      "0\r\nX: a\nb\r\n\r\n",
      "0\r\n\rX",
      std::string("3;\0\r\nabc\r\n", 10),
      "3;" + std::string(300, 'x') + "\r\nabc\r\n0\r\n\r\n",
      "0\r\nX: " + std::string(5'000, 'x') + "\r\n\r\n",
  };
  for (const auto& body : bodies) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, body.size()})
      EXPECT_EQ(decode(body, piece).last, Event::malformed) << body;
  }
}

TEST(ChunkDecoder, SaysWhatIsStillToCome) {
  ChunkDecoder decoder(ChunkDecoder::Limits{});
  EXPECT_EQ(decoder.next("100000\r\n").event, Event::need_more);
  EXPECT_EQ(decoder.announced(), 0x100000U);
  EXPECT_EQ(decode("3\r\nab", 100).last, Event::need_more);
  EXPECT_EQ(decode("0\r\n", 100).last, Event::need_more);
}

}  // namespace
}  // namespace mosaic::test
