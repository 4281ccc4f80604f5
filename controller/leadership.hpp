// Who may act. A controller acts only while it trusts its lease; the term it acts under goes with
// every write.
//
// Thread-safety: term() may be called from any thread and never blocks on the database.
#pragma once

#include <optional>

#include "store/store.hpp"

namespace mosaic {

class Leadership {
 public:
  virtual ~Leadership() = default;
  // The present term while the lease can be trusted; nothing as soon as it cannot, even before
  // anybody else has it.
  virtual std::optional<Term> term() const = 0;
};

}  // namespace mosaic
