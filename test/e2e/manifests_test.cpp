// A fleet that is declared: the real command with a token, the real API, a real Postgres.
#include <fstream>

#include "test/checkout.hpp"
#include "test/e2e/fleet.hpp"

namespace mosaic::e2e {
namespace {

using namespace std::chrono_literals;

constexpr const char* some_fleet = R"(apiVersion: fleet.mosaic/v1
kind: Settings
metadata: {name: default}
spec: {maxRunningAgents: 7, sleep.pause: true, providerPrivateRanges: [192.168.7.0/24], providerKeys: injected, egress.userAgents: listed, egress.hosts: ['*.example.com']}
---
apiVersion: fleet.mosaic/v1
kind: LlmProvider
metadata: {name: main, labels: {app: test}}
spec:
  type: openai
  apiKey: {file: key.txt}
  models: [{id: gpt-5, maxTokens: 4096, contextWindow: 128000}, {id: small}]
---
apiVersion: fleet.mosaic/v1
kind: UserAgentConfig
metadata: {name: default}
spec: {primaryModel: main/gpt-5, fallbackModels: [main/small], personality: "terse: yes", provider: main}
---
apiVersion: fleet.mosaic/v1
kind: SystemContainer
metadata: {name: declared-one, labels: {app: test, tier: "1"}}
spec: {role: research, primaryModel: main/gpt-5, provider: main, memoryMb: 2048, cpuMilli: 1500}
---
apiVersion: fleet.mosaic/v1
kind: SystemContainer
metadata: {name: declared-two, labels: {app: test}}
spec: {role: operations, primaryModel: main/small, isActive: false}
---
apiVersion: fleet.mosaic/v1
kind: UserContainer
metadata: {name: alice@example.com, labels: {app: test}}
spec: {image: some/image:1, idleTimeoutMin: 5}
)";

class Manifests : public testing::Test {
 protected:
  void SetUp() override {
    fleet.database().sql(
        R"(INSERT INTO "BreakglassUser" ("id", "username", "passwordHash", "updatedAt")
           VALUES ('root', 'root', 'not a hash', now()))");
    token = insert_account(fleet.database(), "root", "admin", "read write admin");
    fleet.start_api();
    write("key.txt", "sk-first\n");
    write("fleet.yaml", some_fleet);
    ASSERT_TRUE(eventually(20s, [&] { return mosaic({"export"}).exit_code == 0; }))
        << mosaic({"export"}).err;
  }

  std::string path(const std::string& name) const { return (fleet.folder() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }

  Finished mosaic(std::vector<std::string> arguments) const {
    auto command = fleet.mosaic(std::move(arguments));
    command.environment["MOSAIC_SERVER"] = fleet.api_url();
    command.environment["MOSAIC_TOKEN"] = token;
    return run(command);
  }

  Finished apply(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"apply", "-f", path("fleet.yaml")});
    return mosaic(more);
  }

  // Whoever writes anything changes one of these.
  std::string everything() {
    return fleet.database()
        .sql(R"(SELECT md5(concat(
             (SELECT string_agg(t::text, '' ORDER BY "id") FROM "SystemContainer" t),
             (SELECT string_agg(t::text, '' ORDER BY "id") FROM "UserContainer" t),
             (SELECT string_agg(t::text, '' ORDER BY "id") FROM "LlmProvider" t),
             (SELECT string_agg(t::text, '' ORDER BY "id") FROM "UserAgentConfig" t),
             (SELECT string_agg(t::text, '' ORDER BY "key") FROM "SystemConfig" t),
             (SELECT count(*) FROM "AuditEntry"))))")[0][0]
        .as<std::string>();
  }

  std::string value(const std::string& query) {
    return fleet.database().sql(query)[0][0].as<std::string>();
  }

  Fleet fleet;
  std::string token;
};

TEST_F(Manifests, AppliedTwiceWriteNothingTheSecondTime) {
  const auto first = apply();
  ASSERT_EQ(first.exit_code, 0) << first.err << first.out;
  EXPECT_EQ(first.out,
            "Settings/default configured\nLlmProvider/main created\nUserAgentConfig/default "
            "created\nSystemContainer/declared-one created\nSystemContainer/declared-two "
            "created\nUserContainer/alice@example.com created\n");
  EXPECT_EQ(value(R"(SELECT "memoryMb" || "role" || "isActive" FROM "SystemContainer"
                     WHERE "name" = 'declared-one')"),
            "2048researchtrue");
  EXPECT_EQ(value(R"(SELECT "idleTimeoutMin" FROM "UserContainer")"), "5");
  const auto before = everything();
  const auto second = apply();
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_EQ(second.out.find("created"), std::string::npos) << second.out;
  EXPECT_EQ(second.out.find("configured"), std::string::npos) << second.out;
  EXPECT_EQ(everything(), before);
  EXPECT_EQ(mosaic({"diff", "-f", path("fleet.yaml")}).exit_code, 0);
}

TEST_F(Manifests, ThatWereExportedChangeNothing) {
  ASSERT_EQ(apply().exit_code, 0);
  const auto exported = mosaic({"export"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_EQ(exported.out.find("sk-first"), std::string::npos);
  write("exported.yaml", exported.out);
  const auto before = everything();
  const auto again = mosaic({"apply", "-f", path("exported.yaml")});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(everything(), before) << again.out << exported.out;
  const auto chosen = mosaic({"export", "-l", "tier=1", "-o", "json"});
  EXPECT_NE(chosen.out.find("declared-one"), std::string::npos);
  EXPECT_EQ(chosen.out.find("declared-two"), std::string::npos);
}

TEST_F(Manifests, ShowWhatDiffersAndChangeThat) {
  ASSERT_EQ(apply().exit_code, 0);
  std::string text = some_fleet;
  text.replace(text.find("memoryMb: 2048"), 14, "memoryMb: 4096");
  text.replace(text.find(", cpuMilli: 1500"), 16, "");
  write("fleet.yaml", text);
  const auto before = everything();
  const auto diff = mosaic({"diff", "-f", path("fleet.yaml")});
  EXPECT_EQ(diff.exit_code, 1);
  EXPECT_EQ(diff.out,
            "--- fleet SystemContainer/declared-one\n+++ manifest SystemContainer/declared-one\n"
            "- memoryMb: 2048\n+ memoryMb: 4096\n- cpuMilli: 1500\n");
  const auto dry = apply({"--dry-run"});
  EXPECT_NE(dry.out.find("SystemContainer/declared-one configured (dry run)"), std::string::npos);
  EXPECT_EQ(everything(), before);
  ASSERT_EQ(apply().exit_code, 0);
  EXPECT_EQ(value(R"(SELECT "memoryMb" || coalesce("cpuMilli"::text, ' fleet''s')
                     FROM "SystemContainer" WHERE "name" = 'declared-one')"),
            "4096 fleet's");
}

TEST_F(Manifests, TakeANewKeyAndKnowTheOldOne) {
  ASSERT_EQ(apply().exit_code, 0);
  write("key.txt", "sk-second\n");
  const auto diff = mosaic({"diff", "-f", path("fleet.yaml")});
  EXPECT_EQ(diff.exit_code, 1);
  EXPECT_NE(diff.out.find("apiKey: another"), std::string::npos) << diff.out;
  EXPECT_EQ(diff.out.find("sk-second"), std::string::npos);
  EXPECT_NE(apply().out.find("LlmProvider/main configured"), std::string::npos);
  EXPECT_EQ(apply().out.find("configured"), std::string::npos);
}

TEST_F(Manifests, PruneOnlyWhatHasTheLabels) {
  ASSERT_EQ(apply().exit_code, 0);
  std::string text = some_fleet;
  const auto from = text.find("apiVersion", text.find("declared-one"));
  const auto to = text.find("apiVersion", text.find("declared-two"));
  text.erase(from, to - from);
  write("fleet.yaml", text);
  EXPECT_EQ(apply({"--prune"}).exit_code, 2);
  EXPECT_EQ(apply({"--prune", "-l", "app=other"}).out.find("deleted"), std::string::npos);
  const auto pruned = apply({"--prune", "-l", "app=test"});
  EXPECT_NE(pruned.out.find("SystemContainer/declared-two deleted"), std::string::npos)
      << pruned.out << pruned.err;
  EXPECT_EQ(value(R"(SELECT count(*) FROM "SystemContainer" WHERE "deletionRequestedAt" IS NULL)"),
            "1");
}

TEST_F(Manifests, AreDeletedAsTheyWereApplied) {
  ASSERT_EQ(apply().exit_code, 0);
  const auto deleted = mosaic({"delete", "-f", path("fleet.yaml")});
  EXPECT_EQ(deleted.exit_code, 0) << deleted.err;
  EXPECT_NE(deleted.out.find("LlmProvider/main deleted"), std::string::npos) << deleted.out;
  EXPECT_EQ(value(R"(SELECT count(*) FROM "LlmProvider")"), "0");
  EXPECT_EQ(value(R"(SELECT count(*) FROM "UserContainer" WHERE "deletionRequestedAt" IS NULL)"),
            "0");
  EXPECT_EQ(value(R"(SELECT count(*) FROM "SystemConfig" WHERE "key" LIKE 'labels.%')"), "0");
}

TEST_F(Manifests, SayWhereTheyAreWrongAndWriteNothing) {
  write("fleet.yaml", std::string(some_fleet) + "unknown: 1\n");
  const auto before = everything();
  const auto wrong = apply();
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.err.find("fleet.yaml:33:1: 'unknown' is no field"), std::string::npos)
      << wrong.err;
  EXPECT_EQ(mosaic({"diff", "-f", path("fleet.yaml")}).exit_code, 2);
  token = "mos_wrong";
  write("fleet.yaml", some_fleet);
  const auto refused = apply();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("MOSAIC_TOKEN is not accepted"), std::string::npos) << refused.err;
  EXPECT_EQ(everything(), before);
}

TEST_F(Manifests, OfThisRepositoryApply) {
  const std::string folder = test::source_folder() + "/manifests";
  auto command = fleet.mosaic(
      {"apply", "-f", folder + "/default-fleet.yaml", "-f", folder + "/ollama-provider.yaml"});
  command.environment["MOSAIC_SERVER"] = fleet.api_url();
  command.environment["MOSAIC_TOKEN"] = token;
  command.environment["ZAI_API_KEY"] = "sk-of-the-test";
  const auto applied = run(command);
  ASSERT_EQ(applied.exit_code, 0) << applied.err << applied.out;
  EXPECT_EQ(
      value(R"(SELECT string_agg("name" || ' ' || "role" || ' ' || "memoryMb", ', ' ORDER BY "name")
                     FROM "SystemContainer")"),
      "mosaic-main orchestrator 2048, mosaic-operations operations 1536, mosaic-projects "
      "developer 4096, mosaic-research research 1536");
}

}  // namespace
}  // namespace mosaic::e2e
