#include "cli/set_up_notice.hpp"

namespace mosaic::cli {

void announce_set_up(std::ostream& out, FleetProcess& process, const std::string& address) {
  const auto token = process.new_set_up_token();
  if (!token && process.set_up_completed()) return;
  if (token) {
    out << "  set-up     one-time token " << *token << "\n";
    // In the fragment, which browsers send to nobody.
    if (process.serves_web_pages())
      out << "             in a browser: " << address << "/onboarding#token=" << *token << "\n";
  } else {
    out << "  set-up     not completed; a new one-time token: mosaic admin set-up-token\n";
  }
  out << "             by curl: MOSAIC_URL=" << address
      << " MOSAIC_SETUP_TOKEN=... demo/onboarding.sh (or POST /api/onboarding/..., see "
         "docs/API.md)\n";
}

}  // namespace mosaic::cli
