#pragma once
// The command lines of all programs: what they have in common, and how a wrong one ends.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::apps {

// Of a program whose arguments make no sense: EX_USAGE of sysexits.h.
inline constexpr int kWrongUsage = 64;

// What both servers are told, by their own programs and by the front's subcommands.
struct ServerArguments {
  std::string config;  // empty: the file's place beside the program
  bool die_with_parent = false;
  bool allow_empty_backends = false;  // genvm-llm only

  // Of the manager, for a process that it starts; inherited descriptors, -1: none.
  int config_fd = -1;       // the configuration, in place of the file
  int control_fd = -1;      // the channel to the manager; without one the rest is ignored
  int listen_fd = -1;       // in place of bind_address
  int baton_fd = -1;        // from the process that this one takes over from
  bool user_error = false;  // every request is answered with MODULE_USER_ERROR
  std::string log_level;    // in place of the configuration's
};

enum class Module { llm, web };
void add_server_arguments(CLI::App& command, Module module, ServerArguments& arguments);
// "genvm-module-llm.yaml" in the folder ../config beside the programs.
std::string default_config(std::string_view exe_dir, Module module);

// Adds --version and parses. The exit code when the program ends here: after --help or --version 0,
// kWrongUsage for arguments that make no sense, with the nearest name when one is misspelt.
std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv);

// The nearest of `names` when `word` is a typing error away from it (two letters; one in a short
// word), else "".
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace gvm::apps
