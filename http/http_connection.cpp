#include "http/http_connection.hpp"

#include <cstdio>
#include <cstring>

#include "http/http_error.hpp"

namespace mosaic {
namespace {

bool is_content_type(std::string_view name) {
  constexpr std::string_view expected = "content-type";
  if (name.size() != expected.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((name[i] | 0x20) != expected[i] && name[i] != expected[i]) return false;
  }
  return true;
}

// Everything before the field that tells the body's length.
std::string head_of(const HttpRequest& request, std::string_view host) {
  std::string text;
  text.reserve(256 + request.target.size() + request.body.size());
  text.append(request.method)
      .append(" ")
      .append(request.target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(host);
  text.append("\r\nUser-Agent: mosaic-fleet\r\n");
  bool has_type = false;
  for (const auto& [name, value] : request.fields) {
    has_type = has_type || is_content_type(name);
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() && !has_type) text.append("Content-Type: application/json\r\n");
  return text;
}

}  // namespace

void HttpConnection::send(const HttpRequest& request, std::string_view host,
                          const WaitLimit& limit) {
  std::string text = head_of(request, host);
  if (!request.body.empty() || request.method != "GET") {
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  text.append("\r\n").append(request.body);
  received_ = 0;
  stream_->write_all(text, limit);
}

void HttpConnection::send_head(const HttpRequest& request, std::string_view host,
                               const WaitLimit& limit) {
  received_ = 0;
  stream_->write_all(head_of(request, host) + "Transfer-Encoding: chunked\r\n\r\n", limit);
}

void HttpConnection::send_chunk(std::string_view bytes, const WaitLimit& limit) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  stream_->write_all(size + std::string(bytes) + "\r\n", limit);
}

bool HttpConnection::fill(const WaitLimit& limit) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size())
    throw HttpError(HttpErrorKind::too_large, "the answer's header is too large");
  const std::size_t got = stream_->read_some(buffer_.data() + end_, buffer_.size() - end_, limit);
  end_ += got;
  received_ += got;
  return got > 0;
}

void HttpConnection::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

}  // namespace mosaic
