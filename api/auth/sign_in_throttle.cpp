#include "api/auth/sign_in_throttle.hpp"

#include <algorithm>

#include "http/ip_address.hpp"
#include "secrets/token.hpp"

namespace mosaic {
namespace {

// Whoever has one IPv6 address has all of its /64.
std::string neighbourhood_of(const std::string& address) {
  const auto parsed = IpAddress::parse(address);
  if (!parsed || parsed->is_v4()) return parsed ? parsed->text() : address;
  auto bytes = parsed->bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return IpAddress(bytes).text();
}

}  // namespace

// Keys are hashes: a name of any length takes the same room, and no name stands in this table.
std::array<SignInThrottle::Counted, 3> SignInThrottle::counted(const std::string& account,
                                                               const std::string& address) const {
  const auto from = neighbourhood_of(address);
  return {Counted{sha256_hex("pair\n" + from + "\n" + account), &rules_.pair},
          Counted{sha256_hex("account\n" + account), &rules_.account},
          Counted{sha256_hex("address\n" + from), &rules_.address}};
}

std::chrono::milliseconds SignInThrottle::wait_of(const Counted& counted, SteadyTime now) const {
  const auto found = entries_.find(counted.key);
  if (found == entries_.end()) return {};
  const auto& entry = found->second;
  const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(now - entry.last);
  const int beyond = entry.failures - counted.rule->free_failures;
  if (beyond < 0 || quiet >= rules_.forgotten_after) return {};
  auto wait = counted.rule->first_wait;
  for (int i = 0; i < beyond && wait < counted.rule->longest_wait; ++i) wait *= 2;
  return std::max(std::min(wait, counted.rule->longest_wait) - quiet, std::chrono::milliseconds(0));
}

std::optional<std::chrono::milliseconds> SignInThrottle::begin(const std::string& account,
                                                               const std::string& address) {
  const auto counts = counted(account, address);
  const std::lock_guard lock(mutex_);
  const auto now = clock_.steady_now();
  std::chrono::milliseconds longest{0};
  for (const auto& each : counts) longest = std::max(longest, wait_of(each, now));
  if (longest > std::chrono::milliseconds(0)) return longest;
  for (const auto& each : counts) count(each.key, now);
  return std::nullopt;
}

void SignInThrottle::succeeded(const std::string& account, const std::string& address) {
  const auto counts = counted(account, address);
  const std::lock_guard lock(mutex_);
  forget(counts[0].key);
  forget(counts[1].key);
  const auto of_address = entries_.find(counts[2].key);
  if (of_address != entries_.end() && of_address->second.failures > 0)
    --of_address->second.failures;
}

void SignInThrottle::withdraw(const std::string& account, const std::string& address) {
  const auto counts = counted(account, address);
  const std::lock_guard lock(mutex_);
  for (const auto& each : counts) {
    const auto found = entries_.find(each.key);
    if (found != entries_.end() && found->second.failures > 0) --found->second.failures;
  }
}

void SignInThrottle::count(const std::string& key, SteadyTime now) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= rules_.entries) forget(order_.front());
    found = entries_.emplace(key, Entry{}).first;
    found->second.place = order_.insert(order_.end(), key);
  }
  auto& entry = found->second;
  if (now - entry.last >= rules_.forgotten_after) entry.failures = 0;
  ++entry.failures;
  entry.last = now;
  order_.splice(order_.end(), order_, entry.place);
}

void SignInThrottle::forget(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  const auto place = found->second.place;
  entries_.erase(found);
  order_.erase(place);
}

}  // namespace mosaic
