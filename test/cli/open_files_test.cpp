#include "cli/open_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace mosaic::cli {
namespace {

using testing::HasSubstr;

struct OpenFiles : testing::Test {
  std::size_t connections_within(std::uint64_t open_files) {
    log.str("");
    tell_of_fewer_connections(open_files, 1'000, Logger::to_stream(log));
    return cli::connections_within(open_files, 1'000);
  }

  std::ostringstream log;
};

TEST_F(OpenFiles, ThatSufficeChangeNothingAndAreNotSpokenOf) {
  for (const auto enough : {open_files_for(1'000), std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_EQ(connections_within(enough), 1'000U);
    EXPECT_EQ(log.str(), "");
  }
}

TEST_F(OpenFiles, ThatAreTooFewMeanFewerConnectionsAndOneLineThatSaysWhatToDo) {
  EXPECT_EQ(connections_within(open_files_for(1'000) - 1), 999U);
  EXPECT_EQ(connections_within(open_files_for(400)), 400U);
  const auto line = log.str();
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  EXPECT_THAT(line, HasSubstr("limit of open files is too low"));
  EXPECT_THAT(line, HasSubstr("allow " + std::to_string(open_files_for(1'000))));
  EXPECT_THAT(line, HasSubstr("LimitNOFILE="));
}

TEST_F(OpenFiles, HoweverFewLeaveRoomForAnOperator) {
  for (const std::uint64_t few : {0, 64, 256, 257}) EXPECT_GT(connections_within(few), 0U) << few;
}

}  // namespace
}  // namespace mosaic::cli
