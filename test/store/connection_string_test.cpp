#include "store/connection_string.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mosaic {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string connection_string(const std::string& url) {
  DatabaseOptions options;
  options.url = url;
  return libpq_connection_string(options);
}

TEST(ConnectionString, AddsTimeOutsAndKeepAlivesToWhatItWasGiven) {
  const std::string text =
      connection_string("postgresql://user:p%27w@localhost:5433/name?connect_timeout=9");
  EXPECT_THAT(text, HasSubstr("host='localhost'"));
  EXPECT_THAT(text, HasSubstr("port='5433'"));
  EXPECT_THAT(text, HasSubstr("dbname='name'"));
  EXPECT_THAT(text, HasSubstr(R"(password='p\'w')"));
  EXPECT_THAT(text, HasSubstr("connect_timeout='9'"));
  EXPECT_THAT(text, HasSubstr("keepalives_idle='30'"));
  EXPECT_THAT(text, HasSubstr("application_name='mosaic'"));
  EXPECT_THAT(text, HasSubstr("statement_timeout=10000"));
}

TEST(ConnectionString, UnderstandsAPrismaAddress) {
  const std::string text = connection_string(
      "postgresql://user@localhost/name?schema=fleet&connection_limit=5&sslmode=disable");
  EXPECT_THAT(text, HasSubstr("search_path=fleet"));
  EXPECT_THAT(text, HasSubstr("sslmode='disable'"));
  EXPECT_THAT(text, Not(HasSubstr("connection_limit")));
}

TEST(ConnectionString, TakesKeywordsAsWell) {
  EXPECT_THAT(connection_string("host=/run/postgres dbname=name"),
              HasSubstr("host='/run/postgres'"));
}

TEST(ConnectionString, NeverRepeatsAnAddressThatItRefuses) {
  for (const char* url :
       {"postgresql://user:sesame@[bad/name", "sesame", "postgresql://u:sesame@h/d?nonsense=1",
        "postgresql://u@h/d?schema=se'same"}) {
    try {
      connection_string(url);
      FAIL() << url;
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("sesame")));
      EXPECT_THAT(error.what(), Not(HasSubstr("same'")));
    }
  }
}

}  // namespace
}  // namespace mosaic
