#include "test/documentation/proofs.hpp"

namespace mosaic::test {
namespace {

constexpr CommandProof proofs[] = {
    // It builds what this very test was built with, and runs it.
    {"./dev test", "environment/build.sh", "test_command()"},
    {"./dev up", "test/cli/up_test.cpp", "ServesTheOtherCommandsAndEndsWhenAskedTo"},
    {"./dev demo", "test/e2e/openclaw_test.cpp",
     "UserChatsThroughTheGatewayAndFindsTheSessionAfterSleep"},
    {"MOSAIC_SETUP_TOKEN=... PROVIDER_URL=http://192.0.2.10:11434/v1 PROVIDER_KEY=... "
     "PROVIDER_MODEL=cogito demo/onboarding.sh",
     "test/e2e/onboarding_test.cpp", "LeadsFromAnEmptyDatabaseToAStreamedAnswerByCurlAlone"},
    {"mosaic up", "test/cli/up_test.cpp", "ServesTheOtherCommandsAndEndsWhenAskedTo"},
    {"mosaic controller", "test/e2e/leadership_test.cpp", "OfTwoControllersOneActs"},
    {"mosaic api", "test/e2e/two_processes_test.cpp",
     "OneThatIsKilledTakesNoStreamAndNoHoldOfTheOtherWithIt"},
    // It asks a terminal for the password.
    {"mosaic admin create-breakglass admin", "test/cli/up_test.cpp",
     "WritesWithTheNewKeyOnceARotationHasBegunAndReadsBoth"},
    // The test of all the others sets both.
    {"export MOSAIC_SERVER=https://fleet.example.com MOSAIC_TOKEN=mos_…",
     "test/e2e/documentation_test.cpp", "MOSAIC_TOKEN"},
    // CONTRIBUTING.md
    {"./dev build debug", "environment/build.sh", "build_command()"},
    {"./dev test -R NAME", "environment/build.sh", "test_command()"},
    {"./dev lint --changed", "environment/checks.sh", "lint_command()"},
    {"./dev fmt", "environment/checks.sh", "format_command()"},
    {"./dev reference", "test/http/reference.test.mjs",
     "the reference is what the contract says now"},
    {"./dev simulate --seeds 2048", "test/simulation/CMakeLists.txt", "mosaic_simulate"},
};

}  // namespace

std::span<const CommandProof> command_proofs() { return proofs; }

const CommandProof* proof_of(const std::string& command) {
  for (const auto& proof : proofs) {
    if (proof.command == command) return &proof;
  }
  return nullptr;
}

}  // namespace mosaic::test
