#include "http/http_client.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <mutex>

#include "http/http_connection.hpp"
#include "http/http_error.hpp"

namespace mosaic {
namespace {

namespace http = boost::beast::http;

[[noreturn]] void throw_parse_error(const boost::system::error_code& error) {
  const bool too_large = error == http::error::body_limit || error == http::error::header_limit;
  throw HttpError(too_large ? HttpErrorKind::too_large : HttpErrorKind::malformed,
                  "the answer cannot be read: " + error.message());
}

// Feeds what is buffered; true when the parser wants more bytes than there are.
template <typename Parser>
bool feed(Parser& parser, HttpConnection& connection) {
  boost::system::error_code error;
  const std::string_view bytes = connection.buffered();
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  connection.consume(used);
  if (error == http::error::need_more) return true;
  if (error && error != http::error::need_buffer) throw_parse_error(error);
  return used == 0 && error != http::error::need_buffer;
}

// The peer has ended the stream: the end of the answer, or too early.
template <typename Parser>
void feed_end(Parser& parser) {
  boost::system::error_code error;
  if (parser.got_some()) parser.put_eof(error);
  if (error || !parser.is_done()) {
    throw HttpError(HttpErrorKind::closed,
                    "the connection was closed before the answer was complete");
  }
}

HttpAnswer read_answer(HttpConnection& connection, const HttpRequest& request,
                       const HttpLimits& limits, const WaitLimit& limit, bool& keep) {
  http::response_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  parser.eager(true);
  if (request.method == "HEAD") parser.skip(true);
  while (!parser.is_done()) {
    if (!connection.buffered().empty() && !feed(parser, connection)) continue;
    if (!connection.fill(limit)) {
      feed_end(parser);
      break;
    }
  }
  auto message = parser.release();
  keep = message.keep_alive();
  HttpAnswer answer;
  answer.status = static_cast<int>(message.result_int());
  answer.body = std::move(message.body());
  for (const auto& field : message) {
    answer.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  return answer;
}

class BodyStream final : public HttpBodyStream {
 public:
  BodyStream(std::unique_ptr<HttpConnection> connection, const HttpLimits& limits,
             const WaitLimit& limit)
      : connection_(std::move(connection)) {
    parser_.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_.body_limit(
        boost::none);  // an event stream has no end; what is kept of it is bounded by its readers
    while (!parser_.is_header_done()) {
      if (!connection_->buffered().empty() && !feed(parser_, *connection_)) continue;
      if (!parser_.is_header_done() && !connection_->fill(limit)) feed_end(parser_);
    }
  }

  int status() const override { return static_cast<int>(parser_.get().result_int()); }

  Outcome read(std::string& into, const WaitLimit& limit) override {
    try {
      while (!parser_.is_done()) {
        if (take(into) > 0) return Outcome::data;
        if (parser_.is_done()) break;
        if (!connection_->fill(limit)) return Outcome::ended;
      }
      return Outcome::ended;
    } catch (const HttpError& error) {
      if (error.kind() == HttpErrorKind::time_up) return Outcome::time_up;
      if (error.kind() == HttpErrorKind::interrupted) return Outcome::interrupted;
      if (error.kind() == HttpErrorKind::closed) return Outcome::ended;
      throw;
    }
  }

 private:
  // Bytes of the body in what is buffered.
  std::size_t take(std::string& into) {
    std::size_t taken = 0;
    while (!parser_.is_done() && !connection_->buffered().empty()) {
      std::array<char, 16 * 1024> piece;
      auto& body = parser_.get().body();
      body.data = piece.data();
      body.size = piece.size();
      body.more = true;
      const bool starved = feed(parser_, *connection_);
      const std::size_t got = piece.size() - body.size;
      into.append(piece.data(), got);
      taken += got;
      if (starved) break;
    }
    return taken;
  }

  std::unique_ptr<HttpConnection> connection_;
  http::response_parser<http::buffer_body> parser_;
};

}  // namespace

// Idle connections, the last used first. The lock is never held while anything waits.
class HttpClient::Pool {
 public:
  Pool(const HttpEndpoint& endpoint, HttpLimits limits)
      : limits_(limits),
        host_(endpoint.is_local_socket()    ? "docker"
              : endpoint.host_field.empty() ? endpoint.host
                                            : endpoint.host_field),
        opener_(make_stream_opener(endpoint)) {}

  HttpAnswer call(const HttpRequest& request, const WaitLimit& limit) {
    std::unique_ptr<HttpConnection> connection = take_idle();
    if (connection) {
      try {
        return exchange(connection, request, limit);
      } catch (const HttpError& error) {
        const bool nothing_came =
            error.kind() == HttpErrorKind::closed && connection->received() == 0;
        if (!request.repeatable || !nothing_came) throw;
      }
    }
    connection = std::make_unique<HttpConnection>(opener_->open(limit));
    return exchange(connection, request, limit);
  }

  std::unique_ptr<HttpBodyStream> open(const HttpRequest& request, const WaitLimit& limit) {
    auto connection = std::make_unique<HttpConnection>(opener_->open(limit));
    connection->send(request, host_, limit);
    return std::make_unique<BodyStream>(std::move(connection), limits_, limit);
  }

  HttpAnswer upload(const HttpRequest& request, const HttpBodySource& body,
                    std::chrono::milliseconds stall_limit) {
    auto connection = std::make_unique<HttpConnection>(opener_->open(WaitLimit::in(stall_limit)));
    try {
      connection->send_head(request, host_, WaitLimit::in(stall_limit));
      std::string piece;
      while (body(piece)) {
        connection->send_chunk(piece, WaitLimit::in(stall_limit));
        piece.clear();
      }
      connection->send_chunk({}, WaitLimit::in(stall_limit));
    } catch (const HttpError& error) {
      // Why it takes no more, it may have said.
      if (error.kind() != HttpErrorKind::closed) throw;
    }
    bool keep = false;
    return read_answer(*connection, request, limits_, WaitLimit::in(stall_limit), keep);
  }

  void forget() {
    std::vector<std::unique_ptr<HttpConnection>> closing;
    const std::lock_guard lock(mutex_);
    closing.swap(idle_);
  }

  std::size_t idle() const {
    const std::lock_guard lock(mutex_);
    return idle_.size();
  }

 private:
  // Leaves `connection` empty when it went back to the pool.
  HttpAnswer exchange(std::unique_ptr<HttpConnection>& connection, const HttpRequest& request,
                      const WaitLimit& limit) {
    connection->send(request, host_, limit);
    bool keep = false;
    HttpAnswer answer = read_answer(*connection, request, limits_, limit, keep);
    if (keep && connection->can_be_reused()) give_back(std::move(connection));
    return answer;
  }

  std::unique_ptr<HttpConnection> take_idle() {
    const auto oldest = std::chrono::steady_clock::now() - limits_.idle_time;
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      std::unique_ptr<HttpConnection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->idle_since >= oldest && connection->can_be_reused()) return connection;
    }
    return nullptr;
  }

  void give_back(std::unique_ptr<HttpConnection> connection) {
    connection->idle_since = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (idle_.size() < limits_.idle_connections) idle_.push_back(std::move(connection));
  }

  const HttpLimits limits_;
  const std::string host_;
  const std::unique_ptr<StreamOpener> opener_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<HttpConnection>> idle_;
};

std::string_view HttpAnswer::field(std::string_view name) const {
  for (const auto& [field_name, value] : fields) {
    if (boost::beast::iequals(field_name, name)) return value;
  }
  return {};
}

HttpClient::HttpClient(const HttpEndpoint& endpoint, HttpLimits limits)
    : pool_(std::make_unique<Pool>(endpoint, limits)) {}
HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::call(const HttpRequest& request, const WaitLimit& limit) {
  return pool_->call(request, limit);
}

std::unique_ptr<HttpBodyStream> HttpClient::open(const HttpRequest& request,
                                                 const WaitLimit& limit) {
  return pool_->open(request, limit);
}

HttpAnswer HttpClient::upload(const HttpRequest& request, const HttpBodySource& body,
                              std::chrono::milliseconds stall_limit) {
  return pool_->upload(request, body, stall_limit);
}

void HttpClient::forget_connections() { pool_->forget(); }

std::size_t HttpClient::idle_connections() const { return pool_->idle(); }

std::string percent_encode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.push_back('%');
      encoded.push_back(digits[byte >> 4]);
      encoded.push_back(digits[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace mosaic
