// A request as handlers see it, and the response they give back: plain values without any of the
// transport.
//
// Invariants of a Request that reaches a handler: it passed http_guard.hpp, field names are lower
// case, `fields` holds what stood before the body (trailers are dropped), `body` is within the
// server's limit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic {

struct HttpField {
  std::string name;   // lower case
  std::string value;  // without surrounding blanks

  bool operator==(const HttpField&) const = default;
};

struct Request {
  std::string method;
  std::string path;   // as sent, percent-encoded, without the query
  std::string query;  // as sent, without "?"
  std::vector<HttpField> fields;
  std::string body;
  // Numeric, without the port: whoever is connected, or for whom a trusted proxy asks (trusted_proxies.hpp).
  std::string peer_address;
  bool forwarded_https = false;  // a trusted proxy says that the client reached it by https
  std::string id;                // correlation id
  std::map<std::string, std::string> parameters;  // of the route, decoded

  // The value of the only field of that name; nothing when there is none or more than one.
  std::optional<std::string_view> field(std::string_view lower_case_name) const;
  // True when one of the values of that list field equals `token`, case-insensitively, up to its
  // ";".
  bool lists(std::string_view lower_case_name, std::string_view token) const;
};

struct Response {
  int status = 200;
  std::vector<HttpField> fields;
  std::string body;
  bool routine = false;  // not worth a line in the log while it succeeds (probes, scrapes)

  Response() = default;
  Response(int response_status, std::string content_type, std::string response_body);

  void set_field(std::string_view name, std::string value);
  const std::string* find_field(std::string_view name) const;
};

// "Not Found"; "Unknown" for a status that this server never sends.
std::string_view reason_phrase(int status);

// "a%20b" -> "a b"; nothing when the encoding is broken.
std::optional<std::string> percent_decoded(std::string_view text);

std::string lower_case(std::string_view text);

}  // namespace mosaic
