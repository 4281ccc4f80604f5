#include "telemetry/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace mosaic {
namespace {

using Json = nlohmann::ordered_json;

class Log : public ::testing::Test {
 protected:
  Logger logger(LogFormat format = LogFormat::json, LogLevel level = LogLevel::debug) {
    LogOptions options;
    options.level = level;
    options.format = format;
    options.now = [] {
      return std::chrono::system_clock::time_point(std::chrono::milliseconds(1767323045678));
    };
    return Logger::to_stream(stream_, options);
  }

  std::vector<std::string> lines() const {
    std::istringstream input(stream_.str());
    std::vector<std::string> result;
    for (std::string line; std::getline(input, line);) result.push_back(line);
    return result;
  }

  Json only_line() const {
    EXPECT_EQ(lines().size(), 1U);
    return Json::parse(lines().at(0));
  }

  std::ostringstream stream_;
};

TEST_F(Log, WritesOneJsonObjectPerLine) {
  logger()
      .with_component("controller")
      .with_correlation("r-1")
      .info("container started", {{Field::key, "user/c123"},
                                  {Field::duration_ms, std::chrono::microseconds(12'900)},
                                  {Field::attempt, 2U}});
  EXPECT_EQ(
      lines().at(0),
      R"({"time":"2026-01-02T03:04:05.678Z","level":"info","message":"container started",)"
      R"("component":"controller","correlation_id":"r-1","key":"user/c123","duration_ms":12,"attempt":2})");
}

TEST_F(Log, KeepsTheTypesOfValues) {
  const std::string text = "text";
  logger().info("types", {{Field::name, text},
                          {Field::count, std::int64_t{-5}},
                          {Field::generation, ~std::uint64_t{0}},
                          {Field::memory_mb, 1.5},
                          {Field::result, true},
                          {Field::state, std::nan("")}});
  const Json line = only_line();
  EXPECT_EQ(line["name"], "text");
  EXPECT_EQ(line["count"], -5);
  EXPECT_EQ(line["generation"], ~std::uint64_t{0});
  EXPECT_EQ(line["memory_mb"], 1.5);
  EXPECT_EQ(line["result"], true);
  EXPECT_EQ(line["state"], "NaN");
}

TEST_F(Log, SaysNothingBelowItsLevel) {
  const Logger log = logger(LogFormat::json, LogLevel::warning);
  log.debug("one");
  log.info("two");
  log.warning("three");
  log.error("four");
  EXPECT_EQ(lines().size(), 2U);
  EXPECT_FALSE(log.enabled(LogLevel::info));
  EXPECT_TRUE(log.enabled(LogLevel::error));
  Logger::silent().error("nothing");
}

TEST_F(Log, MakesAShortLineOfAMegabyte) {
  const std::string megabyte(1'000'000, 'x');
  logger().error("sign-in refused", {{Field::name, megabyte}});
  logger().error("sign-in refused", {{Field::name, std::string(1'000'000, '\n')}});
  logger().error("sign-in refused", {{Field::name, std::string(1'000'000, '\xff')}});
  ASSERT_EQ(lines().size(), 3U);
  for (const auto& line : lines()) {
    EXPECT_LT(line.size(), 500U);
    EXPECT_NO_THROW(Json::parse(line));
  }
}

TEST_F(Log, NeverShowsASecret) {
  const std::string token(64, 'e');
  const Logger log =
      logger().with_component("Bearer sentinel-one").with_correlation("mos_c1_sentinel-two");
  for (const std::string& secret :
       {std::string("enc:c2VudGluZWxzZW50aW5lbA=="), std::string("Bearer sentinel-three"), token,
        std::string("sk-sentinel-four"), std::string("postgres://u:sentinel-five@db/x"),
        std::string("GATEWAY_TOKEN=sentinel-six")}) {
    log.info("tried", {{Field::error, "refused: " + secret},
                       {Field::reason, secret},
                       {Field::path, "/?x=" + secret}});
  }
  EXPECT_EQ(stream_.str().find("sentinel"), std::string::npos) << stream_.str();
  EXPECT_EQ(stream_.str().find("c2VudGluZWx"), std::string::npos);
  EXPECT_EQ(stream_.str().find(token), std::string::npos);
}

TEST_F(Log, LeavesOutWhatIsTooManyFields) {
  const LogField field(Field::count, 1);
  logger().info("many", {field, field, field, field, field, field, field, field, field, field,
                         field, field, field, field, field, field, field, field, field, field});
  const std::string line = lines().at(0);
  std::size_t found = 0;
  for (std::size_t at = line.find("count"); at != std::string::npos;
       at = line.find("count", at + 1))
    ++found;
  EXPECT_EQ(found, Logger::max_fields);
}

TEST_F(Log, IsTextForPeopleWhenAskedTo) {
  logger(LogFormat::text).info("container started", {{Field::key, "user/c123"}});
  EXPECT_EQ(lines().at(0), "2026-01-02T03:04:05.678Z info    container started key=user/c123");
}

TEST_F(Log, KeepsLinesOfManyThreadsApart) {
  const Logger log = logger();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&log, thread] {
        const Logger own = log.with_component("thread " + std::to_string(thread));
        for (int round = 0; round < 200; ++round) own.info("round", {{Field::count, round}});
      });
    }
  }
  EXPECT_EQ(lines().size(), 800U);
  for (const auto& line : lines()) EXPECT_NO_THROW(Json::parse(line));
  EXPECT_EQ(log.dropped_lines(), 0U);
}

TEST_F(Log, NeverThrowsAndCountsWhatIsLost) {
  LogOptions options;
  options.now = []() -> std::chrono::system_clock::time_point {
    throw std::runtime_error("no time");
  };
  const Logger log = Logger::to_stream(stream_, options);
  EXPECT_NO_THROW(log.info("lost"));
  EXPECT_EQ(log.dropped_lines(), 1U);
}

TEST(LogToStderr, CountsWhatAFullDiskSwallows) {
  const int saved = ::dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  const Logger log = Logger::to_stderr();
  ASSERT_EQ(::dup2(full, STDERR_FILENO), STDERR_FILENO);
  log.error("lost");
  ASSERT_EQ(::dup2(saved, STDERR_FILENO), STDERR_FILENO);
  ::close(saved);
  ::close(full);
  EXPECT_EQ(log.dropped_lines(), 1U);
}

TEST(LogMessage, CanOnlyBeALiteral) {
  // A std::string, which may hold anything, is no message.
  EXPECT_FALSE((std::is_convertible_v<std::string, LogMessage>));
  EXPECT_FALSE((std::is_convertible_v<const char*, LogMessage>));
  EXPECT_FALSE((std::is_constructible_v<LogField, std::string, std::string>));
}

TEST(LogLevel, IsReadFromItsName) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::off}) {
    EXPECT_EQ(parse_log_level(to_string(level)), level);
  }
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("loud"), std::nullopt);
}

TEST(Field, HasANameOfItsOwnEach) {
  std::set<std::string_view> names;
  for (int index = 0; index <= static_cast<int>(Field::file); ++index) {
    const auto name = to_string(static_cast<Field>(index));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace mosaic
