// Scripts that try to hold a lane (tests/support/slice_attacks.h): how long a neighbour's session
// waits at most, also while the attacker's session is closed, how much memory the process takes,
// and how much of it is left at most ten seconds later, for each. A table in Markdown; exits with 1
// when a row is over a bound. Memory is what the process has written to (RssAnon): RSS has the
// pages of code and constants as well, which the first attack of a kind brings in and the kernel
// may drop.
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
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "host/functions.h"
#include "host/lua_libraries.h"
#include "host/services.h"
#include "script/off_lane.h"
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

// A field of the process's status, in KiB.
long memory(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
  }
  return 0;
}

// The largest size since the last look, of what memory() calls RssAnon: looked at by a thread of
// its own, as the kernel keeps a peak only of the whole RSS.
class Peak {
 public:
  Peak()
      : watcher_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            largest_ = std::max(largest_, memory("RssAnon"));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
          }
        }) {}
  // Ends it.
  long take() {
    watcher_.request_stop();
    watcher_.join();
    return largest_;
  }

 private:
  long largest_ = 0;
  std::jthread watcher_;
};

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

// Of the configuration (ScriptConfig).
constexpr std::chrono::milliseconds kCpuUnyielding{30};

std::shared_ptr<const script::Program> program_of(const test::SliceAttack& attack) {
  std::string file = (std::filesystem::temp_directory_path() / "gvm-attack-XXXXXX").string();
  close(mkstemp(file.data()));
  std::ofstream(file) << "local rs = require('lib-genvm').rs\nfunction Main()\n"
                      << attack.body << "\nend\nfunction Ping() return 1 end\n";
  script::ProgramOptions options;
  options.script_path = file;
  options.libraries = host::common_libraries();
  host::CommonOptions common;
  common.data_dir = "/nowhere";
  options.host = host::common_table(common);
  options.limits.cpu_unyielding = kCpuUnyielding;
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

// A session is closed on its lane.
void note_closing(std::unique_ptr<script::Session> session, Waits* longest) {
  const auto before = Clock::now();
  const auto cpu_before = thread_cpu();
  session.reset();
  longest->wall = std::max<std::chrono::nanoseconds>(longest->wall, Clock::now() - before);
  longest->cpu = std::max(longest->cpu, thread_cpu() - cpu_before);
}

Outcome run(const test::SliceAttack& attack) {
  asio::io_context io{1};
  const auto program = program_of(attack);
  auto attacker = open(io, program);
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
  note_closing(std::move(attacker), &outcome.longest);
  return outcome;
}

constexpr double kLongestWaitMs = 50;
constexpr double kMostLeft = 0.2;  // of the idle RSS, more than when idle
constexpr std::chrono::seconds kReturnTime{10};

struct Left {
  long kib;
  std::chrono::milliseconds after;
};

// The size once it is back within its bound, or after kReturnTime.
Left wait_for_return(long most) {
  const auto start = Clock::now();
  while (true) {
    const long now = memory("RssAnon");
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    if (now <= most || after >= kReturnTime) return {now, after};
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
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
  const auto background = script::keep_background();  // as a module's program does
  std::printf(
      "| attack | longest wait, ms | of it processor time, ms | peak of it over idle, MiB | "
      "written after, MiB "
      "| reached after, s | ends |\n");
  std::printf("|---|---|---|---|---|---|---|\n");
  run({"warm_up", "return 1"});
  script::return_free_memory();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const long idle = memory("RssAnon");
  const long most_left = idle + static_cast<long>(kMostLeft * static_cast<double>(memory("VmRSS")));
  int over = 0;
  for (const auto& attack : test::kSliceAttacks) {
    if (!wanted.empty() && !wanted.contains(attack.name)) continue;
    Peak peak_since;
    const Outcome outcome = run(attack);
    const long peak = peak_since.take();
    const Left left = wait_for_return(most_left);
    std::printf("| %s | %.1f | %.1f | %.0f | %.1f | %.1f | %s |\n", attack.name,
                ms(outcome.longest.wall), ms(outcome.longest.cpu), mib(peak - idle), mib(left.kib),
                static_cast<double>(left.after.count()) / 1000, outcome.end.c_str());
    std::fflush(stdout);
    const bool returned = left.after < kReturnTime;
    if (ms(outcome.longest.cpu) > kLongestWaitMs || !returned) ++over;
  }
  std::printf(
      "\nidle: %.1f MiB, RSS now: %.1f MiB; %d rows over %.0f ms of processor time or %.0f %% of "
      "the idle size\n",
      mib(idle), mib(memory("VmRSS")), over, kLongestWaitMs, 100 * kMostLeft);
  return over == 0 ? 0 : 1;
}
