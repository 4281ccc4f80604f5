// How a session takes a whole body off its connection.
#include <algorithm>

#include "api/request_body.hpp"
#include "api/session.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;

constexpr std::size_t most_reserved_bytes = 64 * 1024;  // a length is only a claim

}  // namespace

// Most bodies have come with their header, or there is none.
bool HttpSession::take_body_at_once(const RequestHead& head, Request& request) {
  const auto input = connection_->input();
  if (head.chunked || head.expects_continue || head.content_length > context_.limits.body_bytes ||
      head.content_length > input.size())
    return false;
  request.body.assign(input.substr(0, head.content_length));
  connection_->consume(head.content_length);
  return true;
}

asio::awaitable<ReadOutcome> HttpSession::read_whole(RequestBody& body, std::string& into) {
  while (true) {
    const auto outcome = co_await body.next();
    if (outcome != ReadOutcome::complete || body.piece().empty()) co_return outcome;
    if (into.empty())
      into.reserve(std::min<std::size_t>(body.piece().size() * 2, most_reserved_bytes));
    into.append(body.piece());
  }
}

}  // namespace mosaic
