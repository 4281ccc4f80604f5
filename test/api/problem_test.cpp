#include "api/problem.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mosaic {
namespace {

TEST(Problem, IsRfc9457WithAStableTypeAndWhatToDo) {
  const auto response =
      problem(409, problem_type::name_taken, "You have a \"key\".", "Use another name.");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(*response.find_field("content-type"), "application/problem+json");
  EXPECT_EQ(nlohmann::json::parse(response.body),
            (nlohmann::json{{"type", "/problems/name-taken"},
                            {"title", "Conflict"},
                            {"status", 409},
                            {"detail", "You have a \"key\"."},
                            {"remedy", "Use another name."}}));
}

TEST(Problem, EveryStatusOfTheServerHasAPhraseAndAType) {
  for (const int status : {400, 408, 413, 417, 431, 503}) {
    const auto body = nlohmann::json::parse(unreadable_request(status, "No.").body);
    EXPECT_NE(body["title"], "Unknown") << status;
    EXPECT_TRUE(body["type"].get<std::string>().starts_with("/problems/")) << status;
  }
}

}  // namespace
}  // namespace mosaic
