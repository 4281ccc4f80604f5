#include "api/auth/session_desk.hpp"

#include "api/auth/cookies.hpp"
#include "api/auth/gatekeeper.hpp"
#include "secrets/token.hpp"

namespace mosaic {

std::optional<std::string> SessionDesk::create(const Account& account) const {
  const auto now = clock_.now();
  auto cookie = generate_token();
  SessionRow session;
  session.token_hash = sha256_hex(cookie);
  session.account_id = account.id;
  session.created_at = now;
  session.last_seen_at = now;
  session.expires_at = now + limits_.session_absolute;
  if (!accounts_.create_session(session)) return std::nullopt;
  return cookie;
}

bool SessionDesk::renew(const Request& request, const Account& account, Response& response) const {
  const auto cookie = create(account);
  if (!cookie) return false;
  const auto lasts = std::chrono::duration_cast<std::chrono::seconds>(limits_.session_absolute);
  add_cookie(response, write_cookie(session_cookie, origin_.secure(request), *cookie, lasts));
  return true;
}

bool SessionDesk::begin(const Request& request, const Account& account, Response& response,
                        std::string_view detail) const {
  const auto before = read_cookie(request, cookie_name(session_cookie, origin_.secure(request)));
  if (before && !before->empty()) {
    const auto hash = sha256_hex(*before);
    if (const auto known = accounts_.find_session(hash)) {
      accounts_.delete_session(hash);
      remembered_.on_account_changed(known->account.id);
    }
  }
  // What is remembered of the account may be from before: a provider's claim can have changed its role just now.
  remembered_.on_account_changed(account.id);
  if (!renew(request, account, response)) return false;
  Caller caller;
  caller.via = Via::session;
  caller.account = account;
  audit_.note(request, caller, "session.create", "user/" + account.id, std::string(detail));
  count_sign_in_("success");
  return true;
}

void SessionDesk::end(const Request& request, const Caller& caller, Response& response) const {
  if (caller.via == Via::session) {
    accounts_.delete_session(caller.session_hash);
    remembered_.on_account_changed(caller.account.id);
    audit_.note(request, caller, "session.end", "user/" + caller.account.id);
  }
  add_cookie(response, end_cookie(session_cookie, origin_.secure(request)));
}

int SessionDesk::end_all(const Request& request, const Caller& caller, Response& response) const {
  const int ended = accounts_.delete_sessions(caller.account.id);
  remembered_.on_account_changed(caller.account.id);
  audit_.note(request, caller, "session.end-all", "user/" + caller.account.id,
              std::to_string(ended) + " sessions ended");
  add_cookie(response, end_cookie(session_cookie, origin_.secure(request)));
  return ended;
}

void SessionDesk::failed(const Request& request, const std::string& name,
                         std::string_view detail) const {
  Caller nobody;
  nobody.account.name = name;
  audit_.note(request, nobody, "session.create", "", std::string(detail), "failed");
  count_sign_in_("failure");
}

}  // namespace mosaic
