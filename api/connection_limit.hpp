// How many connections are open, in total and per peer address.
//
// Thread-safe. A Lease counts one connection for as long as it lives; the limit must outlive its
// leases.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace mosaic {

class ConnectionLimit {
 public:
  class Lease {
   public:
    Lease(ConnectionLimit& limit, std::string address)
        : limit_(&limit), address_(std::move(address)) {}
    Lease(Lease&& other) noexcept : limit_(other.limit_), address_(std::move(other.address_)) {
      other.limit_ = nullptr;
    }
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (limit_ != nullptr) limit_->release(address_);
    }

   private:
    ConnectionLimit* limit_;
    std::string address_;
  };

  ConnectionLimit(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}

  // Nothing when one more connection is one too many.
  std::optional<Lease> try_acquire(const std::string& address);
  std::size_t open() const;

 private:
  void release(const std::string& address);

  const std::size_t total_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> open_by_address_;
};

}  // namespace mosaic
