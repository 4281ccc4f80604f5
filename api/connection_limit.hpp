// How many connections are open, in total and per address of a client.
//
// A client's own connection counts in both for as long as it is open. One of a trusted proxy carries one client's
// requests after another's: in total it counts as any other, and for a client's address while a request of that client
// is being served.
//
// Thread-safe. A Lease counts for as long as it lives; the limit must outlive its leases.
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
    // `address` empty: of no client's.
    Lease(ConnectionLimit& limit, bool is_connection, std::string address)
        : limit_(&limit), is_connection_(is_connection), address_(std::move(address)) {}
    Lease(Lease&& other) noexcept
        : limit_(other.limit_),
          is_connection_(other.is_connection_),
          address_(std::move(other.address_)) {
      other.limit_ = nullptr;
    }
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (limit_ != nullptr) limit_->release(is_connection_, address_);
    }

   private:
    ConnectionLimit* limit_;
    bool is_connection_;
    std::string address_;
  };

  ConnectionLimit(std::size_t total, std::size_t per_address)
      : total_(total), per_address_(per_address) {}

  // Each gives nothing when one more is one too many.
  std::optional<Lease> try_acquire(const std::string& address);
  std::optional<Lease> try_acquire_for_proxy();
  std::optional<Lease> try_acquire_for_request(const std::string& address);

  std::size_t open() const;

 private:
  std::optional<Lease> acquire(bool is_connection, const std::string& address);
  void release(bool is_connection, const std::string& address);

  const std::size_t total_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> in_use_by_address_;
};

}  // namespace mosaic
