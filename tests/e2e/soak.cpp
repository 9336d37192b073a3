#include "e2e/soak.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/size.h"
#include "support/process_tree.h"

namespace gvm::e2e {
namespace {

constexpr int kPeers = 6;
constexpr auto kBetweenFaults = 400ms;

void with_limit(Module& module, __rlimit_resource resource, rlim_t low) {
  const auto pid = module.process().pid();
  rlimit usual{};
  if (::prlimit(pid, resource, nullptr, &usual) != 0) return;
  rlimit limited = usual;
  limited.rlim_cur = low;
  (void)::prlimit(pid, resource, &limited, nullptr);
  std::this_thread::sleep_for(100ms);
  (void)::prlimit(pid, resource, &usual, nullptr);
}

void be_a_peer(std::uint64_t seed, Clock::time_point end, const std::function<void(Random&)>& ask,
               std::atomic<int>& served) {
  Random random(seed);
  while (Clock::now() < end) {
    try {
      ask(random);
      ++served;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(1ms);
    }
  }
}

}  // namespace

std::chrono::seconds soak_time() {
  const char* given = std::getenv("SOAK_SECONDS");
  return std::chrono::seconds(given == nullptr ? 15 : std::max(1, std::atoi(given)));
}

std::chrono::milliseconds warm_up_time() {
  return std::clamp<std::chrono::milliseconds>(soak_time() / 5, 3s, 120s);
}

bool is_not_sanitized() {
#ifdef GVM_SANITIZED
  return std::getenv("GVM_E2E_BIN") != nullptr;
#else
  return true;
#endif
}

std::size_t private_dirty(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; rollup >> word;) {
    if (word != "Private_Dirty:") continue;
    std::size_t kib = 0;
    rollup >> kib;
    return kib * kKiB;
  }
  return 0;
}

Left left_in(Module& module) {
  EXPECT_TRUE(module.wait_for_sessions(0, 60s));
  EXPECT_TRUE(module.wait_for_metric("genvm_serve_connections_open", 1, 60s));
  std::this_thread::sleep_for(2s);  // memory goes back to the system soon after the last session
  const auto pid = module.process().pid();
  Left left{.memory = private_dirty(pid),
            .descriptors = module.open_files(),
            .processes = test::process_tree(pid).size()};
  const std::filesystem::path data = module.folder().file("data");
  if (!std::filesystem::exists(data)) return left;
  for ([[maybe_unused]] const auto& entry : std::filesystem::recursive_directory_iterator(data))
    ++left.files;
  return left;
}

void expect_no_more(const Left& after, const Left& before) {
  constexpr std::size_t kPooled = 8;  // connections that the pools keep
  EXPECT_LE(after.descriptors, before.descriptors + kPooled);
  EXPECT_LE(after.files, before.files + 1) << "a segment of the journal may be new";
  if (!is_not_sanitized()) return;
  EXPECT_LE(after.memory, before.memory + before.memory / 10 + 1 * kMiB)
      << before.memory << " bytes before";
}

void starve_of_descriptors(Module& module) {
  // UBSan needs a descriptor to look at an object.
  if (is_not_sanitized()) with_limit(module, RLIMIT_NOFILE, module.open_files() + 2);
}

void fill_disk_of(Module& module) {
  with_limit(module, RLIMIT_FSIZE, 1);
}

void stop_for_a_moment(Module& module) {
  module.process().signal(SIGSTOP);
  std::this_thread::sleep_for(50ms);
  module.process().signal(SIGCONT);
}

int run_with_faults(std::chrono::milliseconds span, const std::function<void(Random&)>& ask,
                    const std::vector<std::function<void()>>& faults) {
  const auto end = Clock::now() + span;
  std::atomic<int> served = 0;
  std::vector<std::thread> peers;
  for (std::uint64_t i = 0; i < kPeers; ++i)
    peers.emplace_back([&, i] { be_a_peer(100 + i, end, ask, served); });
  // All of them in turn, so that a short run has each.
  for (std::size_t turn = 0; Clock::now() < end; ++turn) {
    faults[turn % faults.size()]();
    std::this_thread::sleep_for(kBetweenFaults);
  }
  for (auto& peer : peers) peer.join();
  return served;
}

}  // namespace gvm::e2e
