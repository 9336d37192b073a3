// `genvm-modules manager`: what hosts start, and tell to start, stop and restart the modules.
#include "manager/manager.h"

#include <cstdio>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "apps/process.h"
#include "apps/version.h"
#include "config/peers_schema.h"

namespace gvm::apps {
namespace {

constexpr int kDefaultPort = 3999;
constexpr double kDefaultDrain = 600;
constexpr double kLongestDrain = 86'400;

struct Arguments {
  manager::Options options;
  std::string token_file;
  std::string admin_token_file;
  // Of the field's manager, about executors: hosts that give them need not be changed.
  std::string executors_config;
  std::string manifest_path;
  int port = kDefaultPort;
  double drain = kDefaultDrain;
  std::string log_level = "info";
  std::string log_format;
};

int failed(const std::string& sentence) {
  std::fprintf(stderr, "genvm-modules manager: %s\n", sentence.c_str());
  return kExitFailure;
}

// Says what is wrong with it.
std::string read_token(const std::string& file, Secret& token) {
  if (file.empty()) return {};
  auto text = read_file(file);
  if (!text) return file + ": " + text.error();
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  if (text->empty()) return file + " is empty, expected a token";
  token = Secret(std::move(*text));
  return {};
}

int run(Arguments& arguments) {
  ignore_stray_signals();
  hide_from_core_dumps();
  auto& options = arguments.options;
  options.port = static_cast<std::uint16_t>(arguments.port);
  options.drain = std::chrono::milliseconds(static_cast<long>(arguments.drain * 1000));
  options.version = kVersion;
  if (auto read = read_token(arguments.token_file, options.token); !read.empty())
    return failed(read);
  if (auto read = read_token(arguments.admin_token_file, options.admin_token); !read.empty())
    return failed(read);
  if (!options.admin_token.empty() && !config::is_peer_token(options.admin_token.reveal()))
    return failed(arguments.admin_token_file + ": expected " + std::string(config::kPeerTokenForm));
  const auto environment = config::Environment::of_process(kVersion);
  options.program_dir = environment.exe_dir;
  log::Options log_options;
  log_options.level = log::parse_level(arguments.log_level).value_or(log::Level::info);
  log::set_format(log_format_of(arguments.log_format));
  options.log_format = log::format() == log::Format::pretty ? "pretty" : "json";
  const auto redactor =
      std::make_shared<const Redactor>(std::vector<Secret>{options.token, options.admin_token});
  const auto logger = log::Logger::open(log_options, redactor).child("manager");
  for (const auto* unused : {&arguments.executors_config, &arguments.manifest_path}) {
    if (!unused->empty())
      logger.info("a file about executors is not read: this manager runs modules",
                  {{"file", Value::string(*unused)}});
  }
  const auto code = manager::run_manager(options, environment, logger);
  logger.flush();
  return code ? *code : failed(code.error().to_string());
}

}  // namespace

Command add_manager(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  auto& options = arguments->options;
  auto* command =
      app.add_subcommand("manager", "run both modules as a host tells it to, over HTTP");
  command->add_option("--host", options.host, "address to listen on, default 127.0.0.1");
  command->add_option("--port", arguments->port, "port to listen on, default 3999; 0: any")
      ->check(CLI::Range(0, 65535));
  command->add_option("--socket", options.socket, "a Unix socket in place of host and port");
  command->add_flag("--die-with-parent", options.die_with_parent,
                    "end, with the modules, when the parent process goes");
  command->add_option("--executions", options.executions,
                      "the manager that runs executors, http://host:port or unix:///path: what is "
                      "not about modules is passed on to it");
  command->add_option("--config", arguments->executors_config,
                      "taken for the sake of hosts and not read: the field's genvm-manager.yaml");
  command->add_option("--manifest-path", arguments->manifest_path,
                      "taken for the sake of hosts and not read: about executors");
  command->add_option("--token-file", arguments->token_file,
                      "hosts must send the token in this file; needed beyond loopback");
  command->add_option("--admin-address", options.admin_address,
                      "host:port or unix:///path for who watches: the page and the status, and "
                      "nothing else");
  command->add_option("--admin-token-file", arguments->admin_token_file,
                      "who watches from another machine must send the token in this file");
  command
      ->add_option("--drain", arguments->drain,
                   "seconds that sessions of a replaced process may go on, default 600")
      ->check(CLI::Range(0.0, kLongestDrain));
  command->add_option("--log-level", arguments->log_level, "trace, debug, info, warn or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
  add_log_format_argument(*command, arguments->log_format);
  return [arguments] { return run(*arguments); };
}

}  // namespace gvm::apps
