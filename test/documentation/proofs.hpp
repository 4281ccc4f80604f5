// What proves each command that a page tells people to type. All others are run as they stand by e2e_documentation
// (test/e2e/documentation_test.cpp).
//
// An entry that no page has any more, or whose test is gone, fails test/documentation.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mosaic::test {

struct CommandProof {
  std::string_view command;  // as DocumentedCommand::text
  std::string_view file;     // of the test, or of what runs it
  std::string_view words;    // that stand in it
};

std::span<const CommandProof> command_proofs();

// Nothing: it is run as it stands.
const CommandProof* proof_of(const std::string& command);

}  // namespace mosaic::test
