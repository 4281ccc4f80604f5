// What agents use, as the controller measures it while somebody looks: of all for admins, of one's own for its owner.
//
// Asking makes the controller measure; what is answered is the newest that there is, so the first answer after a pause
// may still be empty. Handlers run on several workers at once. Throws StoreError. Must outlive the router.
#pragma once

#include "api/access.hpp"
#include "store/question_store.hpp"

namespace mosaic {

class UsageHandler {
 public:
  explicit UsageHandler(QuestionAsker& questions) : questions_(questions) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response of_all(const Request& request, const Caller& caller);
  Response of_own(const Request& request, const Caller& caller);

  QuestionAsker& questions_;
};

}  // namespace mosaic
