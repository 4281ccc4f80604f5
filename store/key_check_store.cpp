#include "store/key_check_store.hpp"

#include "store/column_text.hpp"
#include "store/connection_pool.hpp"

namespace mosaic {

KeyCheckStore::KeyCheckStore(Database& database) : database_(database) {}

std::string KeyCheckStore::store_key_check_once(const std::string& value) {
  // Two processes that start at the same time agree on the first one's.
  static constexpr Statement statement{
      "store_key_check",
      R"(UPDATE "mosaic_instance" SET "keyCheck" = $1 WHERE "keyCheck" IS NULL)"};
  if (auto present = key_check()) return *present;
  database_.pool().perform("store the key check", Repeat::safely, [&](Session& session) {
    session.run(statement, {storable_text(value)});
  });
  if (auto present = key_check()) return *present;
  throw StoreError("the database has lost its instance row; restore it from a backup");
}

std::optional<std::string> KeyCheckStore::key_check() {
  static constexpr Statement statement{"key_check", R"(SELECT "keyCheck" FROM "mosaic_instance")"};
  return database_.pool().perform("read the key check", Repeat::safely,
                                  [&](Session& session) -> std::optional<std::string> {
                                    const auto result = session.run(statement);
                                    if (result.empty() || result[0][0].is_null())
                                      return std::nullopt;
                                    return std::string(result[0][0].c_str());
                                  });
}

}  // namespace mosaic
