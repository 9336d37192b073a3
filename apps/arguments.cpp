#include "apps/arguments.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <utility>

#include "apps/version.h"

namespace gvm::apps {
namespace {

constexpr std::size_t kShortWord = 4;

const char* config_name(Module module) {
  return module == Module::llm ? "genvm-module-llm.yaml" : "genvm-module-web.yaml";
}

// Edit distance: insertions, deletions and replacements of a letter, and swapped neighbours, cost 1
// each.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

// Not for people: --help does not show them.
void add_manager_arguments(CLI::App& command, ServerArguments& arguments) {
  const auto descriptor = CLI::Range(0, 65535);
  command.add_option("--config-fd", arguments.config_fd)->check(descriptor)->group("");
  command.add_option("--control-fd", arguments.control_fd)->check(descriptor)->group("");
  command.add_option("--listen-fd", arguments.listen_fd)->check(descriptor)->group("");
  command.add_option("--baton-fd", arguments.baton_fd)->check(descriptor)->group("");
  command.add_flag("--user-error", arguments.user_error)->group("");
  command.add_option("--log-level", arguments.log_level)->group("");
}

std::vector<CLI::App*> subcommands(CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> subcommand_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* command : subcommands(app)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// For a first word that nearly is a subcommand, or an unknown option.
std::string proposal(CLI::App& app, int argc, char** argv) {
  auto* command = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word(argv[i]);
    const auto commands = subcommands(*command);
    const auto next = std::ranges::find(commands, word, [](auto* one) { return one->get_name(); });
    if (next != commands.end()) {
      command = *next;
      continue;
    }
    const bool is_option = word.starts_with("--");
    const auto name = word.substr(0, is_option ? word.find('=') : word.npos);
    const auto names = is_option ? option_names(*command) : subcommand_names(*command);
    if (std::ranges::find(names, name) != names.end()) continue;
    if (auto near = nearest_name(name, names); !near.empty()) return near;
  }
  return {};
}

}  // namespace

void add_log_format_argument(CLI::App& command, std::string& format) {
  command
      .add_option("--log-format", format,
                  "pretty, for people, or json, a line an object; default pretty on a terminal")
      ->check(CLI::IsMember({"pretty", "json"}));
}

log::Format log_format_of(const std::string& word) {
  const bool pretty = word.empty() ? ::isatty(STDOUT_FILENO) == 1 : word == "pretty";
  return pretty ? log::Format::pretty : log::Format::json;
}

void add_server_arguments(CLI::App& command, Module module, ServerArguments& arguments) {
  command.add_option(
      "--config", arguments.config,
      std::string("the YAML file; default ${exeDir}/../config/") + config_name(module));
  command.add_flag("--die-with-parent", arguments.die_with_parent,
                   "end when the parent process goes");
  add_log_format_argument(command, arguments.log_format);
  add_manager_arguments(command, arguments);
  if (module != Module::llm) return;
  command.add_flag("--allow-empty-backends", arguments.allow_empty_backends,
                   "start even when no backend is usable");
}

std::string default_config(std::string_view exe_dir, Module module) {
  return std::string(exe_dir) + "/../config/" + config_name(module);
}

std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", kVersionLine);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return 0;
    if (const auto near = proposal(app, argc, argv); !near.empty())
      std::fprintf(stderr, "Did you mean \"%s\"?\n", near.c_str());
    return kWrongUsage;
  }
  return std::nullopt;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  std::string nearest;
  // Names at this distance or more are unrelated.
  auto least = std::size_t{word.size() <= kShortWord ? 2U : 3U};
  for (const auto& name : names) {
    const auto letters = distance(word, name);
    if (letters >= least || letters >= name.size()) continue;
    least = letters;
    nearest = name;
  }
  return nearest;
}

}  // namespace gvm::apps
