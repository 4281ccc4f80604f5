// The leader's lease of PostgresStore. Time is the database's clock, so that controllers on hosts
// with different clocks agree on who holds it. Its commits wait for the disk: a term that was
// handed out must not come again. Not even after a failover to a database that never heard of it,
// which is why a new term is at least the time of day in milliseconds: a count would be repeated,
// and two controllers would write under one term.
#include <cstdlib>

#include "store/column_text.hpp"
#include "store/connection_pool.hpp"
#include "store/postgres_store.hpp"

namespace mosaic {

std::optional<Term> PostgresStore::acquire_lease(const std::string& holder, Duration time_to_live,
                                                 const std::string& replaces) {
  // A standby is written down anew every ten seconds only: a fleet at rest should not keep the disk busy.
  static constexpr Statement statement{"acquire_lease", R"(
WITH "taken" AS (
  UPDATE "ControllerLease"
  SET "term" = CASE WHEN "holder" = $1 THEN "term"
                    ELSE GREATEST("term" + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) END,
      "holder" = $1,
      "acquiredAt" = CASE WHEN "holder" = $1 THEN "acquiredAt" ELSE clock_timestamp() END,
      "expiresAt" = clock_timestamp() + $2::bigint * interval '1 millisecond'
  WHERE "holder" IN ($1, '') OR "expiresAt" IS NULL OR "expiresAt" <= clock_timestamp()
     OR ($3 <> '' AND "holder" = $3)
  RETURNING "term"
), "stands_by" AS (
  INSERT INTO "ControllerStandby" ("holder", "seenAt")
  SELECT $1, clock_timestamp() WHERE NOT EXISTS (SELECT FROM "taken")
  ON CONFLICT ("holder") DO UPDATE SET "seenAt" = excluded."seenAt"
  WHERE "ControllerStandby"."seenAt" < excluded."seenAt" - interval '10 seconds'
), "gone" AS (
  DELETE FROM "ControllerStandby"
  WHERE CASE WHEN "holder" = $1 THEN EXISTS (SELECT FROM "taken")
             ELSE "seenAt" < clock_timestamp() - interval '1 hour' END
)
SELECT "term" FROM "taken")"};
  return database_.pool().perform(
      "acquire lease", Repeat::safely, [&](Session& session) -> std::optional<Term> {
        const auto result =
            session.run(statement, {holder, std::to_string(time_to_live.count()), replaces});
        if (result.empty()) return std::nullopt;
        return std::strtoll(result[0][0].c_str(), nullptr, 10);
      });
}

bool PostgresStore::renew_lease(const std::string& holder, Term term, Duration time_to_live) {
  static constexpr Statement statement{"renew_lease", R"(
UPDATE "ControllerLease" SET "expiresAt" = clock_timestamp() + $3::bigint * interval '1 millisecond'
WHERE "holder" = $1 AND "term" = $2)"};
  return database_.pool().perform("renew lease", Repeat::safely, [&](Session& session) {
    return Session::changed_a_row(session.run(
        statement, {holder, std::to_string(term), std::to_string(time_to_live.count())}));
  });
}

void PostgresStore::release_lease(const std::string& holder, Term term) {
  static constexpr Statement statement{
      "release_lease",
      R"(UPDATE "ControllerLease" SET "holder" = '', "expiresAt" = NULL WHERE "holder" = $1 AND "term" = $2)"};
  database_.pool().perform("release lease", Repeat::safely, [&](Session& session) {
    session.run(statement, {holder, std::to_string(term)});
  });
}

LeaseView PostgresStore::lease() {
  static constexpr Statement statement{"lease", R"(
SELECT l."term", l."holder", l."expiresAt", CASE WHEN l."holder" <> '' THEN l."acquiredAt" END, s."holder"
FROM "ControllerLease" l
LEFT JOIN "ControllerStandby" s ON s."seenAt" > clock_timestamp() - interval '30 seconds' AND s."holder" <> l."holder"
ORDER BY s."holder")"};
  return database_.pool().perform("read lease", Repeat::safely, [&](Session& session) {
    LeaseView view;
    const auto result = session.run(statement);
    if (result.empty()) return view;
    view.term = std::strtoll(result[0][0].c_str(), nullptr, 10);
    view.holder = result[0][1].c_str();
    if (!result[0][2].is_null()) view.expires_at = parse_timestamp(result[0][2].c_str());
    if (!result[0][3].is_null()) view.since = parse_timestamp(result[0][3].c_str());
    for (const auto& row : result) {
      if (!row[4].is_null()) view.standbys.emplace_back(row[4].c_str());
    }
    return view;
  });
}

}  // namespace mosaic
