// What the engine says, in JSON and otherwise. Half an answer is no answer, an error is one clean line, and what is
// concluded keeps to its own bounds.
#include <algorithm>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "runtime/docker/engine_decoding.hpp"
#include "runtime/docker/engine_error_text.hpp"
#include "runtime/docker/line_splitter.hpp"
#include "runtime/docker/schedule_answer.hpp"
#include "test/fuzz/fuzz.hpp"

namespace mosaic::test {
namespace {

constexpr std::uint16_t port = 18789;

void check_line(std::string_view line, std::string_view rule) {
  require(
      line.size() <= longest_error_text &&
          std::none_of(line.begin(), line.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
      rule);
}

// False: it was refused, in the way that refusals are made.
bool taken(const std::function<void()>& decode) {
  try {
    decode();
    return true;
  } catch (const EngineError& error) {
    require(error.kind() == EngineErrorKind::failed, "an answer that cannot be read has failed");
    check_line(error.what(), "an error is one line");
    return false;
  }
}

void check_container(std::string_view body) {
  InspectedContainer inspected;
  if (!taken([&] { inspected = decode_container(body, port); })) return;
  const auto& view = inspected.view;
  require(!view.id.empty(), "a container has an id");
  require(!view.name.starts_with('/') || view.name.starts_with("//"),
          "a name has no slash before it");
  require(view.endpoint.empty() || (view.attached && view.endpoint.ends_with(":18789")),
          "an endpoint is that of its own network");
  require(!inspected.labels.key || (!inspected.labels.key->name.empty() &&
                                    inspected.labels.key->kind != ResourceKind::orphan),
          "a key is whole");
  check_line(view.error, "the engine's words are one line");
  auto half = body;
  while (!half.empty() && half.back() != '}') half.remove_suffix(1);
  half.remove_suffix(1);
  require(!taken([&] { decode_container(half, port); }), "half a container is none");
}

void check_list(std::string_view body) {
  std::vector<ListedContainer> listed;
  if (!taken([&] { listed = decode_container_list(body, port); })) return;
  std::vector<std::string> ids;
  require(taken([&] { ids = decode_container_ids(body); }), "a list is a list to everybody");
  require(listed.size() <= ids.size(), "no container is made up");
  for (const auto& one : listed)
    require(!one.container.key.name.empty(), "a listed container has a key");
  auto half = body;
  while (!half.empty() && half.back() != ']') half.remove_suffix(1);
  half.remove_suffix(1);
  require(!taken([&] { decode_container_list(half, port); }), "half a list is none");
}

using Decoder = void (*)(std::string_view);
constexpr Decoder others[] = {[](std::string_view body) { decode_network(body); },
                              [](std::string_view body) { decode_network_list(body); },
                              [](std::string_view body) { decode_volume_labels(body); },
                              [](std::string_view body) { decode_image_id(body); },
                              [](std::string_view body) {
                                require(!decode_created_id(body).empty(),
                                        "what was created has an id");
                              },
                              [](std::string_view body) { decode_wait_code(body); },
                              [](std::string_view body) { decode_info(body); }};

// One of `all`, and every one of them sooner or later: trying all on each input would cost most of the time, and says
// little more.
template <typename All>
auto chosen(const All& all, std::string_view body) {
  return all[body.size() % std::size(all)];
}

void check_json(std::string_view body) {
  check_container(body);
  check_list(body);
  for (const Decoder decode : others) taken([&] { decode(body); });
}

// All decoders share one parser, which is where this is refused.
void check_no_json(std::string_view body) {
  require(!taken([&] { chosen(others, body)(body); }), "what is no JSON is no answer");
}

void check_error_text(std::string_view body) {
  // Any part of what came may be a secret of ours.
  std::vector<std::string> secrets{"s3cret-of-the-agent"};
  secrets.emplace_back(body.substr(body.size() / 3, 24));
  constexpr int statuses[] = {403, 404, 409, 500};
  const EngineError error =
      classify_answer("start a container", chosen(statuses, body), body, secrets);
  check_line(error.what(), "an error is one line");
  const auto line = scrub("before " + secrets[0] + " after " + std::string(body), secrets);
  check_line(line, "what is scrubbed is one line");
  require(line.find(secrets[0]) == std::string::npos, "a secret is removed");
}

std::vector<std::string> lines_of(const std::vector<std::string_view>& pieces,
                                  std::size_t& dropped) {
  constexpr std::size_t longest = 60;
  LineSplitter splitter(longest);
  std::vector<std::string> lines;
  for (const auto piece : pieces) {
    splitter.input().append(piece);
    dropped += splitter.drain([&](std::string_view line) {
      require(!line.empty() && line.size() <= longest, "a line is within its bound");
      lines.emplace_back(line);
    });
  }
  return lines;
}

void check_line_of_stream(const std::string& line) {
  if (const auto event = decode_event(line))
    require(!event->type.empty() && !event->action.empty(), "an event says what it is");
  decode_pull_progress(line);
  if (const auto time = parse_engine_time(line))
    require(time->time_since_epoch() > -Duration(std::chrono::hours(24 * 366 * 3000)) &&
                time->time_since_epoch() < Duration(std::chrono::hours(24 * 366 * 12000)),
            "a time has a year of four digits");
}

void check_lines(std::string_view body) {
  std::size_t dropped = 0;
  std::size_t dropped_in_pieces = 0;
  const auto whole = lines_of({body}, dropped);
  const auto in_parts = lines_of(in_pieces(body, "7 1 30"), dropped_in_pieces);
  require(whole == in_parts && dropped == dropped_in_pieces,
          "the pieces that lines arrive in mean nothing");
  // A line is read without those before it: thousands of them in one input say nothing that these do not.
  constexpr std::size_t most_read = 32;
  const std::set<std::string> different(
      whole.begin(),
      whole.begin() + static_cast<std::ptrdiff_t>(std::min(whole.size(), most_read)));
  for (const auto& line : different) check_line_of_stream(line);
}

void check_schedule(std::string_view body) {
  const TimePoint now{std::chrono::hours(24 * 365 * 50)};
  const auto view = schedule_from_answer(0, body, now);
  require(view.known == view.unknown_reason.empty(), "what cannot be told says why");
  constexpr auto year = std::chrono::hours(24 * 367);
  for (const auto& time : {view.next_due_at, view.running_since})
    require(!time || (*time > now - year && *time < now + year), "a job is not far away");
}

}  // namespace

void try_input(std::string_view input) {
  if (nlohmann::json::accept(input)) {
    check_json(input);
  } else {
    check_no_json(input);
  }
  check_error_text(input);
  check_lines(input);
  check_schedule(input);
}

}  // namespace mosaic::test
