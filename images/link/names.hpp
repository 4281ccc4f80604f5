// How the programs of this image find each other: questions to the engine's resolver, and what arguments name.
//
// Pure functions.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

// In the network of every container on a network of one's own.
inline constexpr const char* engines_resolver = "127.0.0.11:53";

// The question for a name's IPv4 addresses; empty for what is no name.
inline std::string dns_question(const std::string& host, std::uint16_t id) {
  std::string text{
      static_cast<char>(id >> 8), static_cast<char>(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  std::size_t begin = 0;
  while (begin <= host.size()) {
    const std::size_t dot = std::min(host.find('.', begin), host.size());
    const std::size_t length = dot - begin;
    if (length == 0 || length > 63) return {};
    text.push_back(static_cast<char>(length));
    text.append(host, begin, length);
    begin = dot + 1;
  }
  text.append({0, 0, 1, 0, 1});
  return text;
}

// Past a name at `at`; nothing when the answer is cut off.
inline std::optional<std::size_t> after_name(const std::string& answer, std::size_t at) {
  while (at < answer.size()) {
    const auto length = static_cast<unsigned char>(answer[at]);
    if (length == 0) return at + 1;
    if ((length & 0xC0) == 0xC0) return at + 2;
    at += 1U + length;
  }
  return std::nullopt;
}

inline std::uint16_t number_at(const std::string& text, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(text[at]) << 8 |
                                    static_cast<unsigned char>(text[at + 1]));
}

// The first IPv4 address of an answer to that question.
inline std::optional<in_addr> dns_address(const std::string& answer, std::uint16_t id) {
  constexpr std::size_t header = 12;
  if (answer.size() < header || number_at(answer, 0) != id) return std::nullopt;
  const bool is_answer = (number_at(answer, 2) & 0x8000) != 0 && (number_at(answer, 2) & 15) == 0;
  if (!is_answer || number_at(answer, 4) != 1) return std::nullopt;
  std::optional<std::size_t> at = after_name(answer, header);
  if (!at) return std::nullopt;
  *at += 4;
  for (int left = number_at(answer, 6); left > 0; --left) {
    at = after_name(answer, *at);
    if (!at || *at + 10 > answer.size()) return std::nullopt;
    const std::uint16_t length = number_at(answer, *at + 8);
    const bool is_address = number_at(answer, *at) == 1 && length == 4;
    *at += 10;
    if (*at + length > answer.size()) return std::nullopt;
    if (is_address) {
      in_addr address{};
      std::memcpy(&address, answer.data() + *at, sizeof address);
      return address;
    }
    *at += length;
  }
  return std::nullopt;
}

inline std::optional<std::uint16_t> port_of(const std::string& text) {
  if (text.empty() || text.size() > 5 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  const int port = std::atoi(text.c_str());
  if (port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

inline std::optional<sockaddr_in> resolver_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = port_of(text.substr(colon + 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (!port || ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1)
    return std::nullopt;
  address.sin_port = htons(*port);
  return address;
}
