#include "base/recent_problems.h"

#include <deque>
#include <mutex>
#include <utility>

namespace gvm::log {
namespace {

constexpr std::size_t kKept = 100;

struct Kept {
  std::mutex mutex;
  std::deque<std::string> lines;
};

// Never destroyed: threads may log until the process has ended.
Kept& kept() {
  static Kept* const kProblems = new Kept;
  return *kProblems;
}

}  // namespace

std::vector<std::string> recent_problems() {
  auto& [mutex, lines] = kept();
  const std::lock_guard lock(mutex);
  return {lines.begin(), lines.end()};
}

void keep_problem(std::string line) {
  auto& [mutex, lines] = kept();
  const std::lock_guard lock(mutex);
  lines.push_back(std::move(line));
  if (lines.size() > kKept) lines.pop_front();
}

}  // namespace gvm::log
