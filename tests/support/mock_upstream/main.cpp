// genvm-mock-upstream: the scriptable LLM upstream as a program (docs/mock-upstream.md).
#include <signal.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "support/mock_upstream/catalogue.h"
#include "support/mock_upstream/server.h"

namespace {

using namespace gvm;

struct Arguments {
  mock::Options upstream;
  bool tls = false;
  bool list = false;
  int control_port = -1;
  std::string rules_file;
  std::string ca_file;
};

void declare(CLI::App& app, Arguments& arguments) {
  app.add_option("--port", arguments.upstream.port, "port on 127.0.0.1; 0: any free one");
  app.add_option("--control-port", arguments.control_port,
                 "a second port for /_mock/ requests, which no fault reaches; 0: any free one");
  app.add_flag("--tls", arguments.tls, "speak TLS, as https://localhost:PORT");
  app.add_option("--ca-file", arguments.ca_file, "where to write the certificate to trust (PEM)");
  app.add_option("--rules", arguments.rules_file, "a script of rules (JSON)");
  app.add_option("--seed", arguments.upstream.seed, "of rates and latencies");
  app.add_option("--name", arguments.upstream.name, "what answers call this upstream");
  app.add_flag("--list-faults", arguments.list, "print the scripted faults' names and end");
}

int complain(const std::string& problem) {
  std::fprintf(stderr, "genvm-mock-upstream: %s\n", problem.c_str());
  return 1;
}

int list_faults() {
  for (const auto& fault : mock::catalogue())
    std::printf("%-32s %s\n", fault.name.c_str(), fault.about.c_str());
  return 0;
}

std::string wait_for_end(mock::MockUpstream& upstream, const Arguments& arguments,
                         const sigset_t& signals) {
  if (!arguments.ca_file.empty()) {
    std::ofstream file(arguments.ca_file);
    file << upstream.authority_pem();
    if (!file.flush()) return "cannot write " + arguments.ca_file;
  }
  if (arguments.control_port >= 0) std::printf("control %u\n", upstream.control_port());
  std::printf("ready %u\n", upstream.port());
  std::fflush(stdout);
  int number = 0;
  sigwait(&signals, &number);
  return {};
}

int run(Arguments& arguments, const sigset_t& signals) {
  if (arguments.list) return list_faults();
  if (arguments.tls) arguments.upstream.transport = mock::Transport::tls;
  if (arguments.control_port >= 0)
    arguments.upstream.control_port = static_cast<std::uint16_t>(arguments.control_port);
  mock::MockUpstream upstream(arguments.upstream);
  if (!arguments.rules_file.empty()) {
    std::ifstream file(arguments.rules_file, std::ios::binary);
    if (!file) return complain("cannot read " + arguments.rules_file);
    const std::string script(std::istreambuf_iterator<char>(file), {});
    if (const auto done = upstream.set_script(script); !done)
      return complain(arguments.rules_file + ": " + done.error().to_string());
  }
  const std::string problem = wait_for_end(upstream, arguments, signals);
  return problem.empty() ? 0 : complain(problem);
}

}  // namespace

int main(int argc, char** argv) {
  // Blocked before any thread starts, so that all threads leave the signals to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  CLI::App app("A scriptable LLM upstream that fails on demand and bills every token",
               "genvm-mock-upstream");
  Arguments arguments;
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    return run(arguments, signals);
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
