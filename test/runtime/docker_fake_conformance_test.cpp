// The fake engine keeps to the same rules as the real one, so that what is tested with it holds.
#include "test/conformance/runtime/driver_conformance.hpp"
#include "test/conformance/runtime/insight_conformance.hpp"
#include "test/fakes/fake_clock.hpp"
#include "test/fakes/fake_engine.hpp"
#include "test/fakes/fake_insight.hpp"

namespace mosaic {
namespace {

class FakeEngineHarness {
 public:
  FakeEngineHarness() { engine_.set_image(image(), ImageAvailability::present); }

  RuntimeDriver& driver() { return engine_; }
  AgentIdentity agent(const std::string& owner) {
    return AgentIdentity{"1a2b3c4d5e6f", ResourceKey(ResourceKind::user_container, "id-" + owner),
                         owner, owner + "-agent"};
  }
  std::string image() { return "mosaic/instant:local"; }
  std::string add_foreign_container(const std::string& name) {
    return engine_.add_container(name, "");
  }
  std::string add_foreign_network(const std::string& name) {
    engine_.add_network(name, "");
    return name;
  }
  bool foreign_container_runs(const std::string& id) {
    for (const FakeContainer& container : engine_.containers()) {
      if (container.view.id == id)
        return container.view.state == ContainerState::running && engine_.touched_foreign().empty();
    }
    return false;
  }
  bool foreign_network_exists(const std::string& name) {
    return engine_.network_names().contains(name);
  }
  void human_kills(const std::string& id) { engine_.human_kills(key_of(id)); }
  void human_removes(const std::string& id) { engine_.human_removes(key_of(id)); }
  bool human_removes_network(const AgentIdentity& identity) {
    engine_.human_removes_network(identity.key);
    return true;
  }
  void leave_helper_behind() { engine_.leave_helper_behind(); }
  bool has_helper() { return engine_.leftover_helpers() > 0; }
  bool is_watching(int) { return true; }
  bool listens(const std::string&) { return true; }
  bool eventually(const std::function<bool()>& condition) { return condition(); }
  ContainerInsight& insight() { return insight_; }
  void has_started(const std::string& id) {
    clock_.advance(std::chrono::seconds(1));
    insight_.write(id, {line_time(), false, std::string(conformance::greeting)});
  }

 private:
  // As an engine writes it: to the nanosecond.
  std::string line_time() const {
    std::string time = to_iso8601(clock_.now());
    return time.insert(time.size() - 1, "000000");
  }
  ResourceKey key_of(const std::string& id) {
    for (const FakeContainer& container : engine_.containers()) {
      if (container.view.id == id) return container.view.key;
    }
    return {};
  }

  FakeClock clock_;
  FakeEngine engine_{clock_, "1a2b3c4d5e6f"};
  FakeInsight insight_{engine_, clock_};
};

}  // namespace

namespace conformance {
INSTANTIATE_TYPED_TEST_SUITE_P(FakeEngine, DriverConformance, FakeEngineHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(FakeEngine, InsightConformance, FakeEngineHarness);
}  // namespace conformance

}  // namespace mosaic
