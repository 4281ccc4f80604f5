// /api/providers: where one's agent gets its models from. Everybody sees and changes their own only; keys go in and
// never come out.
//
// Handlers run on several workers at once. Throws StoreError. Must outlive the router.
#pragma once

#include <string>

#include "api/access.hpp"
#include "api/audit_trail.hpp"
#include "api/change_preview.hpp"
#include "api/provider_input.hpp"
#include "api/provider_test.hpp"
#include "secrets/secret_box.hpp"
#include "store/settings_store.hpp"

namespace mosaic {

class ProviderHandler {
 public:
  ProviderHandler(SettingsStore& settings, const SecretBox& secrets, const ChangePreview& preview,
                  ProviderTest& test, const AuditTrail& audit)
      : settings_(settings), secrets_(secrets), preview_(preview), test_(test), audit_(audit) {}

  void add_routes(GuardedRoutes& routes);

 private:
  Response list(const Request& request, const Caller& caller);
  Response create(const Request& request, const Caller& caller);
  Response get(const Request& request, const Caller& caller);
  Response update(const Request& request, const Caller& caller);
  Response remove(const Request& request, const Caller& caller);
  Response test_unsaved(const Request& request, const Caller& caller);
  Response test_saved(const Request& request, const Caller& caller);
  Response models(const Request& request, const Caller& caller);
  void keep_equal(const ProviderRow& present, ProviderInput& input) const;

  SettingsStore& settings_;
  const SecretBox& secrets_;
  const ChangePreview& preview_;
  ProviderTest& test_;
  const AuditTrail& audit_;
};

}  // namespace mosaic
