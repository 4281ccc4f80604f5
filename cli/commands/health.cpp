// mosaic health: asks the process of this machine, or of this container, whether it lives. An image with nothing but mosaic in
// it can so say what a health check wants to know.
#include <ostream>

#include "cli/addresses.hpp"
#include "cli/command_context.hpp"
#include "cli/failure.hpp"
#include "cli/settings_options.hpp"
#include "http/http_client.hpp"
#include "http/http_error.hpp"

namespace mosaic::cli {
namespace {

constexpr auto limit = std::chrono::seconds(5);

ExitCode ask(std::ostream& out, const ListenAddress& listen, const std::string& path) {
  const std::string where = address_for_people(listen, listen.port) + path;
  try {
    const ListenAddress here = reached_from_here(listen);
    HttpEndpoint endpoint;
    endpoint.host = here.host;
    endpoint.port = here.port;
    HttpClient client(endpoint);
    HttpRequest request;
    request.target = path;
    const HttpAnswer answer = client.call(request, WaitLimit::in(limit));
    if (answer.status != 200)
      throw CommandError(where + " says " + std::to_string(answer.status) + ": " + answer.body);
    out << "ok\n";
    return ExitCode::success;
  } catch (const HttpError& error) {
    throw CommandError(where + ": " + error.what());
  }
}

}  // namespace

void add_health_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(app, "health", "Ask a mosaic of this machine whether it lives",
                              "  mosaic health\n"
                              "  mosaic health --ready --listen 127.0.0.1:8081");
  const auto ready = std::make_shared<bool>(false);
  command.add_flag("--ready", *ready,
                   "Also whether it can serve: what it needs is there, and it is not about to end");
  add_people_listen_option(command, context.raw);
  command.callback([&context, ready] {
    context.action = [&context, ready] {
      return ask(context.out, parse_listen_address(context.raw.listen, "--listen"),
                 *ready ? "/readyz" : "/livez");
    };
  });
}

}  // namespace mosaic::cli
