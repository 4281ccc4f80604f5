#include "store/key_check_store.hpp"

#include <gtest/gtest.h>

#include "test/store/test_database.hpp"

namespace mosaic {
namespace {

TEST(KeyCheckStore, KeepsTheFirstKeyCheck) {
  TestDatabase database;
  Database pool(database.options());
  KeyCheckStore store(pool);
  EXPECT_FALSE(store.key_check().has_value());
  EXPECT_EQ(store.store_key_check_once("enc:one"), "enc:one");
  EXPECT_EQ(store.store_key_check_once("enc:two"), "enc:one");
  EXPECT_EQ(store.key_check(), "enc:one");
}

TEST(KeyCheckStore, NamesTheNextKeyBesideTheOneInForceAndThenAlone) {
  TestDatabase database;
  Database pool(database.options());
  KeyCheckStore store(pool);
  StoredKeys seen;
  EXPECT_FALSE(store.begin_rotation(seen, "enc:next", "enc:f")) << "there is no key yet";
  store.store_key_check_once("enc:one");
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:one", std::nullopt, std::nullopt}));
  seen.check = "enc:another";
  EXPECT_FALSE(store.begin_rotation(seen, "enc:next", "enc:f")) << "the row says otherwise";
  EXPECT_FALSE(store.finish_rotation("enc:next")) << "none is under way";
  seen.check = "enc:one";
  EXPECT_TRUE(store.begin_rotation(seen, "enc:next", "enc:f"));
  EXPECT_FALSE(store.begin_rotation(seen, "enc:third", "enc:g")) << "one at a time";
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:one", "enc:next", "enc:f"}));
  EXPECT_EQ(store.stored_keys().written_with(), "enc:next");
  EXPECT_FALSE(store.finish_rotation("enc:third"));
  EXPECT_TRUE(store.finish_rotation("enc:next"));
  EXPECT_EQ(store.stored_keys(), (StoredKeys{"enc:next", std::nullopt, "enc:f"}));
}

}  // namespace
}  // namespace mosaic
