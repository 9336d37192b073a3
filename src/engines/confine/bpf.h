#pragma once
// Seccomp filters as programs of classic BPF (Linux, Documentation/userspace-api/
// seccomp_filter.rst). A policy is a list of rules about system calls by number, and what happens
// to all others.
#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace gvm::confine {

// One argument of a call, the low or the high half of it: (value & mask) == wanted.
struct ArgumentTest {
  unsigned argument = 0;  // 0 to 5
  std::uint32_t mask = ~0U;
  std::uint32_t wanted = 0;
  bool high_half = false;
};

struct Verdict {
  enum class Kind : std::uint8_t { allow, refuse, kill };
  Kind kind = Kind::allow;
  int error = 0;  // of `refuse`: errno
};
inline constexpr Verdict kAllow{};
Verdict refuse_with(int error);

// A call with that number gets `then` when all tests of any of `alternatives` hold (no alternative:
// always), else `otherwise`. The first rule of a number decides.
struct CallRule {
  std::uint32_t number = 0;
  std::vector<std::vector<ArgumentTest>> alternatives = {};
  Verdict then = kAllow;
  Verdict otherwise = {.kind = Verdict::Kind::refuse, .error = 1};  // EPERM
};

struct CallPolicy {
  std::vector<CallRule> rules;
  Verdict others = kAllow;
  // Numbers above this are of a newer kernel than the rules: ENOSYS, so that libraries fall back to
  // what they did before. 0: `others` holds for them too.
  std::uint32_t newest_known = 0;
};

// For the architecture of this build; calls of another one (32 bit, x32) end the process.
std::vector<sock_filter> compile(const CallPolicy& policy);

}  // namespace gvm::confine
