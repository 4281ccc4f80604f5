#include "test/conformance/store/question_conformance.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_question_store.hpp"

namespace mosaic::conformance {
namespace {

class FakeQuestionHarness {
 public:
  QuestionAsker& asker() { return questions_; }
  QuestionAnswerer& answerer() { return questions_; }
  Store& store() { return store_; }
  void insert_user(const std::string& id, const std::string& owner,
                   const std::string& container_id) {
    put(ResourceKind::user_container, id, owner, container_id);
  }
  void insert_system(const std::string& id, const std::string& name) {
    put(ResourceKind::system_container, id, name, "");
  }
  void grow_older(Duration by) { clock_.advance(by); }

 private:
  void put(ResourceKind kind, const std::string& id, const std::string& owner,
           const std::string& container_id) {
    AgentRow row;
    row.key = ResourceKey(kind, id);
    row.owner = owner;
    row.container_name = "mosaic-" + owner;
    row.status.container_id = container_id;
    store_.put_agent(row);
  }

  FakeClock clock_;
  FakeStore store_{clock_};
  FakeQuestionStore questions_{store_, clock_};
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, QuestionConformance, FakeQuestionHarness);

}  // namespace mosaic::conformance
