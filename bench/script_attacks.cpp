// Scripts that try to hold a lane (tests/support/slice_attacks.h): how long a neighbour's session
// waits at most, and how much memory the process takes, for each. A table in Markdown.
//   bench_script_attacks [name...]
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "host/functions.h"
#include "host/lua_libraries.h"
#include "host/services.h"
#include "script/script.h"
#include "support/slice_attacks.h"

namespace {

using namespace gvm;
namespace asio = boost::asio;

std::chrono::nanoseconds thread_cpu() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

// "VmRSS" or "VmHWM" of the process, in KiB.
long memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
  }
  return 0;
}

void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

struct Waits {
  std::chrono::nanoseconds wall{};
  std::chrono::nanoseconds cpu{};
};

asio::awaitable<void> ask_again(script::Session* neighbour, const bool* over, Waits* longest) {
  while (!*over) {
    const auto executor = co_await asio::this_coro::executor;
    const auto before = Clock::now();
    const auto cpu_before = thread_cpu();
    std::vector<script::Argument> none;
    auto call = neighbour->call("Ping", std::move(none), Deadline::never());
    (void)co_await std::move(call);
    co_await asio::post(executor, asio::use_awaitable);
    longest->wall = std::max<std::chrono::nanoseconds>(longest->wall, Clock::now() - before);
    longest->cpu = std::max(longest->cpu, thread_cpu() - cpu_before);
  }
}

std::shared_ptr<const script::Program> program_of(const test::SliceAttack& attack) {
  std::string file = (std::filesystem::temp_directory_path() / "gvm-attack-XXXXXX").string();
  close(mkstemp(file.data()));
  std::ofstream(file) << "local rs = require('lib-genvm').rs\nfunction Main()\n"
                      << attack.body << "\nend\nfunction Ping() return 1 end\n";
  script::ProgramOptions options;
  options.script_path = file;
  options.libraries = host::common_libraries();
  options.host = host::common_table({"/nowhere", {}, host::system_random()});
  auto program = script::Program::load(std::move(options));
  std::filesystem::remove(file);
  if (!program) std::abort();
  return *program;
}

std::unique_ptr<script::Session> open(asio::io_context& io,
                                      const std::shared_ptr<const script::Program>& program) {
  auto session = script::Session::open(program, io.get_executor(), log::Logger(),
                                       std::make_unique<script::Services>(), Value::map());
  if (!session) std::abort();
  return std::move(*session);
}

struct Outcome {
  Waits longest;
  std::string end;
};

Outcome run(const test::SliceAttack& attack) {
  asio::io_context io{1};
  const auto program = program_of(attack);
  const auto attacker = open(io, program);
  const auto neighbour = open(io, program);
  bool over = false;
  Outcome outcome;
  asio::co_spawn(io, ask_again(neighbour.get(), &over, &outcome.longest), asio::detached);
  asio::co_spawn(io, attacker->call("Main", {}, Deadline::never()),
                 [&](std::exception_ptr, Result<Value> answer) {
                   over = true;
                   outcome.end = answer ? "answers" : std::string(answer.error().code());
                 });
  io.run();
  return outcome;
}

double ms(std::chrono::nanoseconds span) {
  return static_cast<double>(span.count()) / 1e6;
}

double mib(long kib) {
  return static_cast<double>(kib) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const std::set<std::string> wanted(argv + 1, argv + argc);
  std::printf(
      "| attack | longest wait, ms | of it processor time, ms | peak memory, MiB | left after, MiB "
      "| ends |\n");
  std::printf("|---|---|---|---|---|---|\n");
  run({"warm_up", "return 1"});
  const long idle = memory("VmRSS");
  for (const auto& attack : test::kSliceAttacks) {
    if (!wanted.empty() && !wanted.contains(attack.name)) continue;
    forget_peak();
    const Outcome outcome = run(attack);
    std::printf("| %s | %.1f | %.1f | %.0f | %.1f | %s |\n", attack.name, ms(outcome.longest.wall),
                ms(outcome.longest.cpu), mib(memory("VmHWM") - idle), mib(memory("VmRSS") - idle),
                outcome.end.c_str());
    std::fflush(stdout);
  }
  std::printf("\nidle: %.1f MiB\n", mib(idle));
}
