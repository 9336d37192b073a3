#pragma once
// The command lines of all programs: common options, and the handling of wrong arguments.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log_format.h"

namespace gvm::apps {

// The exit code for wrong arguments: EX_USAGE of sysexits.h.
inline constexpr int kWrongUsage = 64;

// The options of both servers, for their own programs and for the front's subcommands.
struct ServerArguments {
  std::string config;  // empty: the default place beside the program
  bool die_with_parent = false;
  bool allow_empty_backends = false;  // genvm-llm only

  // Of the manager, for a process that it starts; inherited descriptors, -1: none.
  int config_fd = -1;       // the configuration, in place of the file
  int control_fd = -1;      // the channel to the manager; without one the rest is ignored
  int listen_fd = -1;       // in place of bind_address
  int baton_fd = -1;        // from the process that this one takes over from
  bool user_error = false;  // every request is answered with MODULE_USER_ERROR
  std::string log_level;    // in place of the configuration's

  std::string log_format;  // pretty or json; empty: pretty on a terminal
};

// --log-format.
void add_log_format_argument(CLI::App& command, std::string& format);
log::Format log_format_of(const std::string& word);

enum class Module { llm, web };
void add_server_arguments(CLI::App& command, Module module, ServerArguments& arguments);
// "genvm-module-llm.yaml" in the folder ../config beside the programs.
std::string default_config(std::string_view exe_dir, Module module);

// Adds --version and parses. Returns the exit code when the program ends here: 0 after --help or
// --version, kWrongUsage for wrong arguments, with the nearest name when one is misspelt.
std::optional<int> parse_arguments(CLI::App& app, int argc, char** argv);

// The nearest of `names` when `word` is probably a typing error of it (at most two letters; one in
// a short word), else "".
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

}  // namespace gvm::apps
