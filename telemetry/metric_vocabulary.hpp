// The words that may stand in labels. Constant data; safe from any thread.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mosaic::metric_vocabulary {

inline constexpr std::array<std::string_view, 2> kinds{"user", "system"};
inline constexpr std::array<std::string_view, 11> statuses{
    "stopped",  "waiting", "pulling",    "starting", "running", "draining",
    "stopping", "paused",  "hibernated", "failed",   "deleting"};
inline constexpr std::array<std::string_view, 4> starts{"cold", "warm", "paused", "hibernated"};
inline constexpr std::array<std::string_view, 3> idle_stop_reasons{"idle_timeout", "memory_budget",
                                                                   "requested"};
inline constexpr std::array<std::string_view, 4> sign_in_results{"success", "failure", "throttled",
                                                                 "error"};
inline constexpr std::array<std::string_view, 9> egress_results{
    "allowed",    "malformed",   "credential", "policy",     "address",
    "unresolved", "unreachable", "overloaded", "unavailable"};
inline constexpr std::array<std::string_view, 13> provider_results{
    "answered",    "malformed", "credential", "delivered", "provider",   "address",    "unresolved",
    "unreachable", "tls",       "broken",     "cancelled", "overloaded", "unavailable"};
inline constexpr std::array<std::string_view, 4> priorities{"waiting_user", "spec_change", "crash",
                                                            "resync"};

// In the order of EngineMetrics::Method.
inline constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "POST", "PUT", "DELETE"};
// What engines answer in ordinary life; 0 stands for no answer.
inline constexpr std::array<int, 12> engine_statuses{200, 201, 204, 304, 400, 403,
                                                     404, 409, 500, 501, 503, 0};

// The word itself when the vocabulary has it, else "other".
std::string known_or_other(std::span<const std::string_view> vocabulary, std::string_view word);

// client-go's word for a request without an answer is "<error>".
std::string status_label(int status);

// Upper bounds of histograms, in seconds.
std::vector<double> reconcile_buckets();    // controller-runtime's
std::vector<double> work_queue_buckets();   // controller-runtime's: 10 ns times powers of ten
std::vector<double> rest_client_buckets();  // Kubernetes'
std::vector<double>
wake_buckets();  // from an unpause of 12 ms to a first start of a minute and an image pull
std::vector<double> short_wait_buckets();  // waits within a process and a database
std::vector<double> first_byte_buckets();

}  // namespace mosaic::metric_vocabulary
