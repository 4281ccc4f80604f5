#include "api/connection_limit.hpp"

namespace mosaic {

std::optional<ConnectionLimit::Lease> ConnectionLimit::try_acquire(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (open_ >= total_) return std::nullopt;
  auto& from_here = open_by_address_[address];
  if (from_here >= per_address_) return std::nullopt;
  ++from_here;
  ++open_;
  return std::optional<Lease>(std::in_place, *this, address);
}

std::size_t ConnectionLimit::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void ConnectionLimit::release(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --open_;
  const auto found = open_by_address_.find(address);
  if (found != open_by_address_.end() && --found->second == 0) open_by_address_.erase(found);
}

}  // namespace mosaic
