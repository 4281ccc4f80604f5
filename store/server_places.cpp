#include "store/server_places.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>

#include "store/connection_string.hpp"

namespace mosaic {
namespace {

constexpr std::uint16_t usual_port = 5432;

std::map<std::string, std::string, std::less<>> parts_of(const std::string& connection_string) {
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(connection_string.c_str(), &complaint), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> owned(complaint, &PQfreemem);
  if (!parsed) throw StoreError("the database's address cannot be understood");
  std::map<std::string, std::string, std::less<>> parts;
  for (const auto* part = parsed.get(); part->keyword != nullptr; ++part) {
    if (part->val != nullptr) parts[part->keyword] = part->val;
  }
  return parts;
}

std::vector<std::string> listed(const std::string& text) {
  std::vector<std::string> entries;
  std::istringstream stream(text);
  for (std::string entry; std::getline(stream, entry, ',');) entries.push_back(entry);
  return entries;
}

// One port for each host, or one for all.
std::uint16_t port_of(const std::vector<std::string>& ports, std::size_t index) {
  const std::string_view text =
      ports.empty() ? std::string_view()
                    : ports[ports.size() == 1 ? 0 : std::min(index, ports.size() - 1)];
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  return parsed.ec == std::errc() && port != 0 ? port : usual_port;
}

}  // namespace

std::vector<ServerPlace> server_places(const DatabaseOptions& options) {
  auto parts = parts_of(libpq_connection_string(options));
  const auto ports = listed(parts["port"]);
  std::vector<ServerPlace> places;
  for (const char* const keyword : {"host", "hostaddr"}) {
    const auto hosts = listed(parts[keyword]);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      if (!hosts[i].empty() && hosts[i].front() != '/')
        places.push_back({hosts[i], port_of(ports, i)});
    }
  }
  return places;
}

}  // namespace mosaic
