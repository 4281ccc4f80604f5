#include <ostream>

#include "cli/command_context.hpp"
#include "cli/product_version.hpp"

namespace mosaic::cli {

void add_version_command(CLI::App& app, CommandContext& context) {
  auto& command = add_command(app, "version", "Print the version", "");
  const auto format = std::make_shared<OutputFormat>(OutputFormat::table);
  add_output_option(command, *format);
  command.callback([&context, format] {
    context.action = [&context, format] {
      if (*format == OutputFormat::table) {
        context.out << "mosaic " << product_version << " (" << product_revision << ")\n";
      } else {
        print_document(context.out, {{"version", product_version}, {"revision", product_revision}},
                       *format);
      }
      return ExitCode::success;
    };
  });
}

}  // namespace mosaic::cli
