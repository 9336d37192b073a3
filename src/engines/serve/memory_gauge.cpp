#include "serve/memory_gauge.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

#include "base/deadline.h"

namespace gvm::serve {
namespace {

constexpr Clock::duration kKept = std::chrono::milliseconds(20);

// Takes the next number of "size resident shared text lib data dt" (proc(5)); 0 when there is none.
std::size_t take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

}  // namespace

MemoryGauge::MemoryGauge() : file_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

std::size_t MemoryGauge::bytes() {
  const auto now = Clock::now().time_since_epoch();
  auto due = next_read_ns_.load(std::memory_order_relaxed);
  const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  const auto next = std::chrono::duration_cast<std::chrono::nanoseconds>(now + kKept).count();
  // One thread reads; the others use what is known meanwhile.
  if (now_ns >= due && next_read_ns_.compare_exchange_strong(due, next)) bytes_ = read();
  return bytes_;
}

std::size_t MemoryGauge::read() const {
  std::array<char, 128> text{};
  const ssize_t size = ::pread(file_.get(), text.data(), text.size(), 0);
  if (size <= 0) return 0;
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  take_number(rest);  // the address space
  const std::size_t resident = take_number(rest);
  const std::size_t shared = take_number(rest);  // pages of files and of shared memory
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return resident > shared ? (resident - shared) * page : 0;
}

}  // namespace gvm::serve
