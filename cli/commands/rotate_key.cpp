#include "cli/commands/rotate_key.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <ostream>
#include <utility>

#include "cli/backup/database_at_hand.hpp"
#include "cli/failure.hpp"
#include "cli/secret_key.hpp"
#include "cli/settings_options.hpp"
#include "cli/signal_watch.hpp"
#include "cli/text_source.hpp"
#include "key_rotation/key_rotation.hpp"
#include "store/migrator.hpp"

namespace mosaic::cli {
namespace {

struct Options {
  std::string old_key_file;
  std::string new_key_file;
};

struct KeyPair {
  std::string from;
  std::string to;
  bool files = false;  // secret.key and secret.key.next
};

// A bar on a terminal, and nothing anywhere else; a signal ends the work between two batches.
class RotationBar final : public KeyRotationProgress {
 public:
  explicit RotationBar(std::ostream& err)
      : err_(err), terminal_(&err == &std::cerr && ::isatty(STDERR_FILENO) == 1) {}
  ~RotationBar() override { end_line(); }

  void end_line() {
    if (std::exchange(drawn_, false)) err_ << '\n' << std::flush;
  }

  void advanced(std::uint64_t done, std::uint64_t total) override {
    if (!terminal_ || total == 0) return;
    constexpr std::uint64_t width = 40;
    const std::string full(static_cast<std::size_t>(width * done / total), '#');
    err_ << "\r  [" << full << std::string(width - full.size(), '.') << "] " << done << " of "
         << total << " secrets " << std::flush;
    drawn_ = true;
  }
  bool wait(Duration duration) override { return !signals_.wait(duration); }

 private:
  std::ostream& err_;
  const bool terminal_;
  bool drawn_ = false;
  SignalWatch signals_;
};

// Files before variables. With the new key in a file, MOSAIC_SECRET_KEY is still the old one.
KeyPair given_keys(const Settings& settings, const Options& options, std::istream& in) {
  if (options.old_key_file == "-" && options.new_key_file == "-")
    throw UsageError("only one of the two keys can come from standard input");
  KeyPair keys;
  keys.to =
      options.new_key_file.empty() ? settings.secret_key : read_secret(options.new_key_file, in);
  if (!options.old_key_file.empty()) {
    keys.from = read_secret(options.old_key_file, in);
  } else {
    keys.from = options.new_key_file.empty() ? settings.previous_secret_key : settings.secret_key;
  }
  if (keys.from.empty() || keys.to.empty()) {
    throw UsageError(
        "give both keys: the new one as MOSAIC_SECRET_KEY or --new-key-file, the old one as "
        "MOSAIC_SECRET_KEY_PREVIOUS or --old-key-file");
  }
  return keys;
}

// Of an installation that keeps its key in a file: the new one is made here.
KeyPair keys_in_files(const Settings& settings, const Options& options) {
  if (!options.old_key_file.empty() || !options.new_key_file.empty()) {
    throw UsageError("the key of this database is in " +
                     secret_key_file(settings.data_dir).string() +
                     ", and the new one is made here; give no key");
  }
  KeyPair keys;
  keys.files = true;
  keys.from = read_secret_key_file(secret_key_file(settings.data_dir));
  keys.to = read_or_create_secret_key_file(next_secret_key_file(settings.data_dir));
  return keys;
}

bool key_is_in_a_file(const Settings& settings) {
  return settings.embedded_database() && settings.secret_key.empty();
}

std::string restart_advice(const Settings& settings, const KeyPair& keys) {
  if (keys.files) {
    return "; the new key is in " + next_secret_key_file(settings.data_dir).string() +
           ": end mosaic up and start it again, it reads both, then give this command again";
  }
  return "; start them anew with the new key as MOSAIC_SECRET_KEY and the old one as "
         "MOSAIC_SECRET_KEY_PREVIOUS, then give this command again";
}

void tell(std::ostream& out, const KeyRotationResult& result) {
  out << (result.was_done ? "the new key was in force already; " : "") << result.rewritten
      << (result.rewritten == 1 ? " secret was" : " secrets were")
      << " put under the new key, none is left under the old one\n";
  for (const auto& [column, count] : result.unreadable)
    out << "  " << count << " of the " << column
        << " open with neither key and were left as they are\n";
}

void tell_what_is_left(std::ostream& out, const Settings& settings, const KeyPair& keys) {
  if (!keys.files) {
    out << "Start the processes anew without MOSAIC_SECRET_KEY_PREVIOUS, and keep the old key for "
           "backups made until now.\n";
    return;
  }
  const auto kept = install_next_secret_key(settings.data_dir);
  out << "The key is in " << secret_key_file(settings.data_dir).string() << "; the old one is in "
      << kept.string() << ", for backups made until now.\n";
}

ExitCode rotate_key(CommandContext& context, const Options& options) {
  const Settings settings = context.database_settings();
  std::optional<KeyPair> keys;
  if (!key_is_in_a_file(settings)) keys = given_keys(settings, options, context.in);
  RotationBar bar(context.err);
  const DatabaseAtHand at_hand(settings, DatabaseAtHand::Use::read);
  DatabaseOptions database_options = at_hand.options("mosaic command");
  database_options.connections = 1;
  Migrator(database_options).check();
  if (!keys) keys = keys_in_files(settings, options);
  Database database(database_options);
  KeyCheckStore key_checks(database);
  SecretColumns secrets(database);
  const SystemClock clock;
  try {
    const auto result = KeyRotation(key_checks, secrets, clock, keys->from, keys->to).run(bar);
    bar.end_line();
    tell(context.out, result);
  } catch (const ProcessesHaveOneKey& error) {
    throw CommandError(error.what() + restart_advice(settings, *keys));
  } catch (const KeyRotationRefused& error) {
    throw CommandError(error.what());
  } catch (const KeyRotationInterrupted& error) {
    throw CommandError(error.what());
  }
  tell_what_is_left(context.out, settings, *keys);
  return ExitCode::success;
}

}  // namespace

void add_rotate_key_command(CLI::App& admin, CommandContext& context) {
  auto& command = add_command(
      admin, "rotate-key",
      "Encrypt every stored secret under a new key while the fleet serves; may be ended at any "
      "time "
      "and begun again",
      "  mosaic admin rotate-key        the key file of mosaic up, or both keys from variables\n"
      "  MOSAIC_SECRET_KEY=NEW MOSAIC_SECRET_KEY_PREVIOUS=OLD mosaic admin rotate-key\n"
      "  openssl rand -hex 32 > new.key; mosaic admin rotate-key --new-key-file new.key\n"
      "Every process of the fleet must have both keys first: the new one as MOSAIC_SECRET_KEY, the "
      "old one as\nMOSAIC_SECRET_KEY_PREVIOUS. See docs/OPERATIONS.md, \"A new secret key\".");
  const auto options = std::make_shared<Options>();
  command
      .add_option(
          "--old-key-file", options->old_key_file,
          "File with the key in force, or - for standard input [MOSAIC_SECRET_KEY_PREVIOUS]")
      ->type_name("FILE");
  command
      .add_option("--new-key-file", options->new_key_file,
                  "File with the new key, or - for standard input [MOSAIC_SECRET_KEY]")
      ->type_name("FILE");
  add_database_options(command, context.raw);
  command.callback([&context, options] {
    context.action = [&context, options] { return rotate_key(context, *options); };
  });
}

}  // namespace mosaic::cli
