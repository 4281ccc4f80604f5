#include "api/auth/next_path.hpp"

#include <gtest/gtest.h>

namespace mosaic {
namespace {

TEST(NextPath, KeepsPagesOfOurs) {
  for (const auto* next : {"/", "/agents", "/agents/c123", "/agents/", "/settings?tab=oidc&x=a%20b",
                           "/fleet#row-5", "/a-b_c.d~e", "/x@y"})
    EXPECT_EQ(safe_next_path(next), next);
}

TEST(NextPath, LeadsHomeForEverythingElse) {
  const std::string_view corpus[] = {"",
                                     "agents",
                                     "//evil.example",
                                     "///evil.example",
                                     "/\\evil.example",
                                     "\\/evil.example",
                                     "\\\\evil.example",
                                     "/%5cevil.example",
                                     "/%5Cevil.example",
                                     "/%2f/evil.example",
                                     "/%2Fevil.example",
                                     "%2f%2fevil.example",
                                     "https://evil.example",
                                     "http:evil.example",
                                     "https:/evil.example",
                                     "javascript:alert(1)",
                                     "JAVASCRIPT:alert(1)",
                                     "data:text/html,x",
                                     "vbscript:x",
                                     " /agents",
                                     "/ /evil.example",
                                     "/\t/evil.example",
                                     "/\n/evil.example",
                                     "/a\r\nSet-Cookie: x=y",
                                     "/a%0d%0aSet-Cookie:x",
                                     "\t//evil.example",
                                     "/\x01",
                                     "/a\x7f",
                                     "/.",
                                     "/..",
                                     "/../x",
                                     "/a/../..//evil.example",
                                     "/..//evil.example",
                                     "/.//evil.example",
                                     "/a//b",
                                     "/a/./b",
                                     "/@evil.example/..",
                                     "/;@evil.example//",
                                     "?next=//evil",
                                     "#x",
                                     "/\xe2\x80\xae",
                                     "/\xc2\xad/evil",
                                     "/<script>",
                                     "/\"onload=x",
                                     "/a?x=<script>",
                                     "/a?x=\"",
                                     "/a?x=\r\n",
                                     "/a#\\",
                                     "/a?\\evil",
                                     "/a#<",
                                     "/[evil]",
                                     "/^",
                                     "/|",
                                     "/`",
                                     "/api",
                                     "/api/auth/sign-out",
                                     "/api/auth/oidc/start?next=/"};
  for (const auto next : corpus) EXPECT_EQ(safe_next_path(next), "/") << next;
  EXPECT_EQ(safe_next_path(std::string_view("/a\0b", 4)), "/");
  EXPECT_EQ(safe_next_path("/" + std::string(600, 'a')), "/");
}

}  // namespace
}  // namespace mosaic
