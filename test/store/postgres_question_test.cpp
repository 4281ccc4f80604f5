#include "store/postgres_question_store.hpp"
#include "store/postgres_store.hpp"
#include "test/conformance/store/question_conformance.hpp"
#include "test/store/test_database.hpp"

namespace mosaic::conformance {
namespace {

class PostgresQuestionHarness {
 public:
  QuestionAsker& asker() { return asking_; }
  QuestionAnswerer& answerer() { return answering_; }
  Store& store() { return store_; }
  void insert_user(const std::string& id, const std::string& owner,
                   const std::string& container_id) {
    database_.exec(
        R"(INSERT INTO "UserContainer" ("id", "userId", "containerName", "gatewayToken", "containerId", "updatedAt") VALUES ()" +
        sql_text(id) + "," + sql_text(owner) + "," + sql_text("mosaic-user-" + owner) +
        ",'enc:t'," + sql_text(container_id) + ", now())");
  }
  void insert_system(const std::string& id, const std::string& name) {
    database_.exec(
        R"(INSERT INTO "SystemContainer" ("id", "name", "role", "gatewayToken", "primaryModel", "updatedAt") VALUES ()" +
        sql_text(id) + "," + sql_text(name) + ",'role','enc:t','a/m', now())");
  }
  void grow_older(Duration by) {
    const std::string age = std::to_string(by.count()) + " * interval '1 millisecond'";
    database_.exec(R"(UPDATE "EngineQuestion" SET "askedAt" = "askedAt" - )" + age);
    database_.exec(R"(UPDATE "AgentUsage" SET "sampledAt" = "sampledAt" - )" + age);
  }

 private:
  TestDatabase database_;
  Database owner_{database_.options()};
  Database api_{database_.api_options()};
  PostgresStore store_{owner_};
  PostgresQuestionStore answering_{owner_};
  PostgresQuestionStore asking_{api_};
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, QuestionConformance, PostgresQuestionHarness);

}  // namespace mosaic::conformance
