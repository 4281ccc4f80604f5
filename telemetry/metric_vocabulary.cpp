#include "telemetry/metric_vocabulary.hpp"

namespace mosaic::metric_vocabulary {

std::string known_or_other(std::span<const std::string_view> vocabulary, std::string_view word) {
  const bool known = std::find(vocabulary.begin(), vocabulary.end(), word) != vocabulary.end();
  return std::string(known ? word : "other");
}

std::string status_label(int status) {
  if (status == 0) return "<error>";
  return status >= 100 && status <= 599 ? std::to_string(status) : "other";
}

std::vector<double> reconcile_buckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
          0.7,   0.8,  0.9,   1.0,  1.25, 1.5,  1.75, 2.0,  2.5, 3.0,  3.5, 4.0,  4.5, 5,
          6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
}

std::vector<double> work_queue_buckets() {
  // Multiplied step by step, as the Go library does: the rounding shows in the label "le", and
  // dashboards match on it.
  constexpr int bucket_count = 12;
  std::vector<double> bounds;
  double bound = 10e-9;
  for (int index = 0; index < bucket_count; ++index) {
    bounds.push_back(bound);
    bound *= 10;
  }
  return bounds;
}

std::vector<double> rest_client_buckets() {
  return {0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};
}

std::vector<double> wake_buckets() {
  return {0.01, 0.02, 0.04, 0.1,  0.25, 0.5, 1,  1.5, 2,   3,
          5,    7.5,  10,   12.5, 15,   20,  30, 60,  120, 300};
}

std::vector<double> short_wait_buckets() {
  return {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

std::vector<double> first_byte_buckets() {
  return {0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 90, 120};
}

}  // namespace mosaic::metric_vocabulary
