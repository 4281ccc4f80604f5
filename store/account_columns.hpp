// Accounts as columns: one list of them, in one order, for every statement that reads accounts. Private to store/.
//
// Pure functions; safe from any thread.
#pragma once

#include "model/account.hpp"
#include "store/column_reader.hpp"

namespace mosaic {

// A SELECT list over "FleetUser" that is called account.
inline constexpr const char* account_columns =
    R"(account."id", account."source", account."issuer", account."subject", account."name", account."email",
       account."role", account."grantedRole", account."disabled", account."agentAllowed", account."generation",
       account."createdAt", account."lastSignInAt")";

Account decode_account(RowReader& columns);

}  // namespace mosaic
