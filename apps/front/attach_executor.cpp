// `genvm-modules attach-executor EXECUTOR ARGS...`: connects to the modules, puts the connections
// in place of --module-llm and --module-web, and becomes the executor.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "apps/front/commands.h"
#include "manager/attach.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

struct Arguments {
  std::string manager = "http://127.0.0.1:3999";
  std::string llm;
  std::string web;
  std::vector<std::string> command;
};

int failed(const std::string& sentence) {
  std::fprintf(stderr, "genvm-modules attach-executor: %s\n", sentence.c_str());
  return kExitUnreachable;
}

// Where the module listens: as told, or as the manager says.
Result<std::string> address_of(const std::string& given, const char* module,
                               const std::string& manager_url) {
  if (!given.empty()) return given;
  const auto manager = manager::parse_executions_address(manager_url);
  if (!manager) return fail(manager.error());
  const auto status = manager::ask_status(*manager);
  if (!status) return fail(status.error());
  return std::string(
      text::string_at(*status, std::string("/modules/") + module + "/address").value_or(""));
}

// Empty when it went well.
std::string attach(std::vector<std::string>& command, const char* option, const char* module,
                   const std::string& given, const std::string& manager) {
  if (manager::find_option(command, option) == std::string::npos) return {};
  const auto address = address_of(given, module, manager);
  if (!address) return address.error().to_string();
  if (address->empty()) return std::string("the ") + module + " module does not run";
  auto connection = manager::connect_to_module(*address);
  if (!connection) return connection.error().to_string();
  const int fd = connection->release();  // the executor's from here on
  if (::fcntl(fd, F_SETFD, 0) != 0) return std::strerror(errno);
  manager::put_descriptor(command, option, fd);
  return {};
}

int run(Arguments& arguments) {
  auto& command = arguments.command;
  auto why = attach(command, "--module-llm", "llm", arguments.llm, arguments.manager);
  if (why.empty()) why = attach(command, "--module-web", "web", arguments.web, arguments.manager);
  if (!why.empty()) return failed(why);
  std::vector<char*> raw;
  for (auto& word : command) raw.push_back(word.data());
  raw.push_back(nullptr);
  ::execvp(raw[0], raw.data());
  return failed("cannot run " + command.front() + ": " + std::strerror(errno));
}

}  // namespace

Command add_attach_executor(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand("attach-executor",
                                     "run an executor with connections to the modules in place of "
                                     "--module-llm=fd://N and --module-web=fd://N");
  command->add_option("--manager", arguments->manager,
                      "who knows where the modules listen, default http://127.0.0.1:3999");
  command->add_option("--llm", arguments->llm, "the LLM module, host:port or unix:///path");
  command->add_option("--web", arguments->web, "the web module, host:port or unix:///path");
  command->add_option("command", arguments->command, "the executor and its arguments")->required();
  command->prefix_command();
  command->positionals_at_end();
  return [arguments, command] {
    for (const auto& word : command->remaining()) arguments->command.push_back(word);
    return run(*arguments);
  };
}

}  // namespace gvm::apps
