// How a session takes a request off its socket. The only place that uses Beast's parser, and only
// for the framing of bodies.
#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "api/session.hpp"

namespace mosaic {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

}  // namespace

// Up to and including the empty line; what follows stays in the buffer. Deadline: whatever run()
// set until the first byte, then one for the whole header, however slowly it drips.
asio::awaitable<HttpSession::ReadOutcome> HttpSession::read_head(std::string& head) {
  const auto& limits = context_.limits;
  bool begun = false;
  std::size_t searched = 0;
  while (true) {
    const auto data = buffer_.cdata();
    const std::string_view bytes(static_cast<const char*>(data.data()), data.size());
    if (!begun && !bytes.empty()) {
      begun = true;
      idle_ = false;
      set_deadline(limits.head_timeout);
    }
    const auto end = bytes.find("\r\n\r\n", searched);
    if (end != std::string_view::npos && end + 4 <= limits.head.bytes) {
      head.assign(bytes.substr(0, end + 4));
      co_return ReadOutcome::complete;
    }
    if (end != std::string_view::npos || bytes.size() > limits.head.bytes)
      co_return ReadOutcome::too_large;
    searched = bytes.size() < 3 ? 0 : bytes.size() - 3;
    error_code error;
    const auto room =
        buffer_.prepare(std::min<std::size_t>(limits.head.bytes + 1 - bytes.size(), 4096));
    const std::size_t received =
        co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    buffer_.commit(received);
    if (timed_out_) co_return begun ? ReadOutcome::timed_out : ReadOutcome::ended;
    if (error) co_return ReadOutcome::ended;
  }
}

asio::awaitable<HttpSession::ReadOutcome> HttpSession::read_body(const RequestHead& head,
                                                                 const std::string& head_bytes,
                                                                 Request& request) {
  const auto& limits = context_.limits;
  if (head.content_length > limits.body_bytes) co_return ReadOutcome::too_large;
  if (head.expects_continue && (head.chunked || head.content_length > 0)) {
    std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await write_text(std::move(go_on))) co_return ReadOutcome::ended;
  }
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.head.bytes));
  parser.body_limit(limits.body_bytes);
  parser.eager(true);
  auto check_extension = [&limits](std::uint64_t, boost::beast::string_view extension,
                                   error_code& error) {
    if (extension.size() > limits.chunk_extension_bytes) error = http::error::bad_chunk_extension;
  };
  parser.on_chunk_header(check_extension);
  error_code error;
  // The guard has seen the header; Beast reads it again only to know how the body is framed.
  parser.put(asio::const_buffer(head_bytes.data(), head_bytes.size()), error);
  if (error && error != http::error::need_more) co_return ReadOutcome::malformed;
  buffer_.consume(head_bytes.size());
  const auto began = SteadyClock::now();
  std::size_t received = 0;
  while (!parser.is_done()) {
    set_deadline(limits.read_timeout);
    received += co_await http::async_read_some(socket_, buffer_, parser,
                                               asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::body_limit) co_return ReadOutcome::too_large;
    if (timed_out_) co_return ReadOutcome::timed_out;
    if (error == http::error::end_of_stream || error == asio::error::operation_aborted ||
        error == asio::error::connection_reset || error == http::error::partial_message) {
      co_return ReadOutcome::ended;
    }
    if (error) co_return ReadOutcome::malformed;
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
    const auto due =
        limits.body_bytes_per_second * static_cast<std::size_t>(elapsed.count()) / 1000;
    if (elapsed > limits.body_grace && received < due) co_return ReadOutcome::timed_out;
  }
  request.body = std::move(parser.get().body());
  co_return ReadOutcome::complete;
}

}  // namespace mosaic
