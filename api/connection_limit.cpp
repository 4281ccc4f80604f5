#include "api/connection_limit.hpp"

namespace mosaic {

std::optional<ConnectionLimit::Lease> ConnectionLimit::try_acquire(const std::string& address) {
  return acquire(true, address);
}

std::optional<ConnectionLimit::Lease> ConnectionLimit::try_acquire_for_proxy() {
  return acquire(true, {});
}

std::optional<ConnectionLimit::Lease> ConnectionLimit::try_acquire_for_request(
    const std::string& address) {
  return acquire(false, address);
}

std::optional<ConnectionLimit::Lease> ConnectionLimit::acquire(bool is_connection,
                                                               const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (is_connection && open_ >= total_) return std::nullopt;
  if (!address.empty()) {
    auto& in_use = in_use_by_address_[address];
    if (in_use >= per_address_) return std::nullopt;
    ++in_use;
  }
  if (is_connection) ++open_;
  return std::optional<Lease>(std::in_place, *this, is_connection, address);
}

std::size_t ConnectionLimit::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void ConnectionLimit::release(bool is_connection, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (is_connection) --open_;
  const auto found = in_use_by_address_.find(address);
  if (found != in_use_by_address_.end() && --found->second == 0) in_use_by_address_.erase(found);
}

}  // namespace mosaic
