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

}  // namespace
}  // namespace mosaic
