#include "cli/agent_image_note.hpp"

#include <gtest/gtest.h>

#include "test/cli/temporary_folder.hpp"

namespace mosaic::cli {
namespace {

TEST(AgentImageNote, TellsTheImageThatWasNotedLast) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_agent_image_note(folder.path()), "");
  write_agent_image_note(folder.path(), "mosaic/openclaw:local");
  write_agent_image_note(folder.path(), "registry.example/openclaw:2");
  EXPECT_EQ(read_agent_image_note(folder.path()), "registry.example/openclaw:2");
}

TEST(AgentImageNote, GoesWhenNoImageWasGiven) {
  const TemporaryFolder folder;
  write_agent_image_note(folder.path(), "mosaic/openclaw:local");
  write_agent_image_note(folder.path(), "");
  EXPECT_EQ(read_agent_image_note(folder.path()), "");
}

TEST(AgentImageNote, IsNoNoteWhereNothingCanBeWritten) {
  const TemporaryFolder folder;
  write_agent_image_note(folder.path() / "not" / "there", "mosaic/openclaw:local");
  EXPECT_EQ(read_agent_image_note(folder.path() / "not" / "there"), "");
}

}  // namespace
}  // namespace mosaic::cli
