#include <map>
#include <memory>
#include <ostream>

#include "cli/command_context.hpp"
#include "cli/completion/completion_script.hpp"

namespace mosaic::cli {

void add_completion_command(CLI::App& app, CommandContext& context) {
  using Script = std::string (*)(const std::vector<CommandWords>&);
  static const std::map<std::string, Script> shells{
      {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
  auto& command = add_command(app, "completion", "Print a shell's completion of these commands",
                              "  source <(mosaic completion bash)\n"
                              "  mosaic completion zsh > ~/.zfunc/_mosaic\n"
                              "  mosaic completion fish > ~/.config/fish/completions/mosaic.fish");
  const auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.callback([&app, &context, shell] {
    context.action = [&app, &context, shell] {
      context.out << shells.at(*shell)(command_tree(app));
      return ExitCode::success;
    };
  });
}

}  // namespace mosaic::cli
