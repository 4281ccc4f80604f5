// The right of one request that goes on, until this is destroyed: whether it still stands, and word when it does not.
//
// On the request's I/O thread, which runs the executor's loop. Looks at the right go on beside what it is for; whoever
// must pass nothing on meanwhile asks in_doubt(). At most one look at a time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "api/standing_rights.hpp"

// Memory for coroutines is taken in one way in the whole program: see api/CMakeLists.txt.
#if !defined(BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC) || !defined(BOOST_ASIO_DISABLE_BOOST_ALIGN)
#error "this source is not in the list of api/CMakeLists.txt"
#endif

namespace mosaic {

class StandingRight {
 public:
  // Whoever was admitted: with what, to what, as whom, and the ticket from before.
  struct Admitted {
    const Request& request;  // outlives the right
    const AccessRule& rule;
    const std::string& account_id;
    StandingRights::Ticket ticket;
  };

  // `changed` is called, on the I/O thread, after each look; it must not wait.
  StandingRight(StandingRights& rights, const boost::asio::any_io_executor& executor,
                const Admitted& admitted, std::function<void()> changed);
  ~StandingRight();
  StandingRight(const StandingRight&) = delete;
  StandingRight& operator=(const StandingRight&) = delete;

  // A look is due or under way: asked after something was taken that came after a change, it is true.
  bool in_doubt() const;
  bool lost() const { return refusal() != nullptr; }
  // What the caller would be told now; null while the right stands.
  const Response* refusal() const;

 private:
  class Looks;

  StandingRights& rights_;
  const std::shared_ptr<Looks> looks_;  // also of a look that is under way
};

}  // namespace mosaic
