// A real Prometheus scrapes a live process: what the dashboard shows and the alerts watch is there.

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "http/http_client.hpp"
#include "http/http_error.hpp"
#include "test/checkout.hpp"
#include "test/cli/mosaic_run.hpp"
#include "test/cli/temporary_folder.hpp"
#include "test/e2e/eventually.hpp"

namespace mosaic::cli {
namespace {

using namespace std::chrono_literals;

std::string monitoring_file(const std::string& name) {
  std::ifstream file(mosaic::test::source_folder() + "/manifests/monitoring/" + name);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> panel_expressions() {
  std::vector<std::string> expressions;
  const auto dashboard = nlohmann::json::parse(monitoring_file("dashboard.json"));
  for (const auto& panel : dashboard.at("panels"))
    for (const auto& target : panel.at("targets")) expressions.push_back(target.at("expr"));
  return expressions;
}

std::set<std::string> metrics_named_in(const std::string& text) {
  static const std::regex metric(
      "\\b(mosaic|workqueue|controller_runtime|rest_client|leader_election)_[a-z_]+");
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), metric), end; match != end; ++match)
    names.insert(match->str());
  return names;
}

class Monitoring : public testing::Test {
 protected:
  Monitoring() {
    const auto file = folder_.path() / "prometheus.yml";
    std::ofstream(file)
        << "global: {scrape_interval: 1s}\n"
        << "rule_files: [" << mosaic::test::source_folder() + "/manifests/monitoring/alerts.yaml]\n"
        << "scrape_configs:\n  - job_name: mosaic\n    static_configs:\n      - targets: "
           "['127.0.0.1:"
        << mosaic_port_ << "']\n";
  }

  std::vector<std::string> mosaic_up() const {
    return up_without_engine(folder_.path() / "data", mosaic_port_);
  }

  std::vector<std::string> prometheus() const {
    return {"/usr/bin/prometheus", "--config.file=" + (folder_.path() / "prometheus.yml").string(),
            "--storage.tsdb.path=" + (folder_.path() / "series").string(),
            "--web.listen-address=127.0.0.1:" + std::to_string(prometheus_port_)};
  }

  // Prometheus's answer, or an empty object while it cannot be asked.
  nlohmann::json ask(const std::string& expression) const {
    HttpEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = static_cast<std::uint16_t>(prometheus_port_);
    HttpClient client(endpoint);
    HttpRequest request;
    request.target = "/api/v1/query?query=" + percent_encode(expression);
    try {
      const auto answer =
          nlohmann::json::parse(client.call(request, WaitLimit::in(10s)).body, nullptr, false);
      return answer.is_object() ? answer : nlohmann::json::object();
    } catch (const HttpError&) {
      return nlohmann::json::object();
    }
  }

  bool has_series(const std::string& expression) const {
    const auto answer = ask(expression);
    return answer.value("status", "") == "success" && !answer.at("data").at("result").empty();
  }

  bool scraped_within_a_minute() const {
    return e2e::eventually(60s, [&] { return has_series("up{job=\"mosaic\"} == 1"); });
  }

  const int mosaic_port_ = free_port();
  const int prometheus_port_ = free_port();
  TemporaryFolder folder_;
};

TEST_F(Monitoring, ShowsAndWatchesOnlyWhatALiveProcessMeasures) {
  BackgroundMosaic mosaic(mosaic_up(), {}, folder_.path() / "mosaic.log");
  ASSERT_TRUE(mosaic.wait_for_output("Ctrl-C ends it")) << mosaic.output();
  BackgroundProgram scraper(prometheus(), folder_.path() / "prometheus.log");
  ASSERT_TRUE(scraped_within_a_minute()) << scraper.output();

  const auto watched = metrics_named_in(monitoring_file("alerts.yaml"));
  EXPECT_GE(watched.size(), 10U) << "the alerts name metrics";
  for (const auto& name : watched) EXPECT_TRUE(has_series(name)) << "an alert names " << name;

  const auto expressions = panel_expressions();
  ASSERT_FALSE(expressions.empty());
  for (const auto& expression : expressions) {
    EXPECT_EQ(ask(expression).value("status", ""), "success") << expression;
    for (const auto& name : metrics_named_in(expression))
      EXPECT_TRUE(has_series(name)) << "a panel names " << name;
  }
  EXPECT_FALSE(has_series("mosaic_no_such_metric")) << "a missing metric is noticed";

  scraper.send(SIGTERM);
  EXPECT_EQ(scraper.wait_for_end(), 0) << scraper.output();
  mosaic.send(SIGTERM);
  EXPECT_EQ(mosaic.wait_for_end(), 0) << mosaic.output();
}

}  // namespace
}  // namespace mosaic::cli
