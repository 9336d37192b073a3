// What the audit costs: on the lane, where an answer is handed over, and on the thread that writes
// it.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "audit/hash.h"
#include "audit/log.h"

namespace {

using namespace gvm::audit;

Answer answer_of(std::size_t bytes) {
  Answer made;
  made.at_ms = 1'700'000'000'000;
  made.session = "0123456789abcdef0123456789abcdef";
  made.node = made.tx = made.contract = "0x0123456789abcdef0123456789abcdef01234567";
  made.decision = "0123456789abcdef0123456789abcdef-17";
  made.entry = "ExecPrompt";
  made.format = "text";
  made.backend = "main";
  made.model = "vendor/a-model-of-theirs";
  made.texts.system = "You are an impartial judge.";
  made.texts.user.assign(bytes, 'x');
  made.texts.answer = std::string(bytes / 4, 'y');
  return made;
}

// Copying the texts and queueing; never waits for the disk.
void on_the_lane(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / "gvm-audit-bench";
  std::filesystem::remove_all(folder);
  Options options;
  options.folder = folder;
  options.on_failure = OnFailure::refuse;
  options.most_waiting = 1'000'000;
  options.most_waiting_bytes = std::size_t{1} << 32;
  const auto log = *Log::open(options, {});
  const auto given = answer_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(log->ready());
    log->add(given);
  }
  log->close();
  std::filesystem::remove_all(folder);
}
BENCHMARK(on_the_lane)->Arg(4096)->Arg(65'536)->Iterations(20'000);

// Salt, hashes, both lines and the hash of the chain.
void of_the_writer(benchmark::State& state) {
  const auto given = answer_of(static_cast<std::size_t>(state.range(0)));
  Link link{0, std::string(kNoHash)};
  for (auto _ : state) {
    const auto sealed = seal(given, link.seq, Keep::none);
    const auto line = answer_line(link, given, sealed);
    link = {link.seq + 1, sha256(line)};
  }
}
BENCHMARK(of_the_writer)->Arg(4096)->Arg(65'536);

}  // namespace
