#include "confine/bpf.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <bit>
#include <cerrno>
#include <cstddef>

namespace gvm::confine {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kFirstX32 = 0x40000000;  // the calls of the x32 interface
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kFirstX32 = 0;
#else
#error "name the architecture for seccomp"
#endif

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kMask = BPF_ALU | BPF_AND | BPF_K;
constexpr std::uint16_t kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kIfAtLeast = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;

using Program = std::vector<sock_filter>;

// `then` and `otherwise`: how many instructions are skipped.
sock_filter instruction(std::uint16_t code, std::uint32_t value, std::size_t then = 0,
                        std::size_t otherwise = 0) {
  return {code, static_cast<std::uint8_t>(then), static_cast<std::uint8_t>(otherwise), value};
}

sock_filter ending(Verdict verdict) {
  if (verdict.kind == Verdict::Kind::allow) return instruction(kReturn, SECCOMP_RET_ALLOW);
  if (verdict.kind == Verdict::Kind::kill) return instruction(kReturn, SECCOMP_RET_KILL_PROCESS);
  const auto error = static_cast<std::uint32_t>(verdict.error) & SECCOMP_RET_DATA;
  return instruction(kReturn, SECCOMP_RET_ERRNO | error);
}

std::uint32_t offset_of(const ArgumentTest& test) {
  const bool second = test.high_half == (std::endian::native == std::endian::little);
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    test.argument * sizeof(std::uint64_t) +
                                    (second ? sizeof(std::uint32_t) : 0));
}

// All tests hold: `then` is returned. One does not: what stands behind is run.
void add_alternative(Program& program, const std::vector<ArgumentTest>& tests, Verdict then) {
  constexpr std::size_t kPerTest = 3;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    program.push_back(instruction(kLoad, offset_of(tests[i])));
    program.push_back(instruction(kMask, tests[i].mask));
    const std::size_t behind = (tests.size() - 1 - i) * kPerTest + 1;
    program.push_back(instruction(kIfEqual, tests[i].wanted, 0, behind));
  }
  program.push_back(ending(then));
}

// What a call with the rule's number runs; it always returns.
Program body_of(const CallRule& rule) {
  Program body;
  for (const auto& tests : rule.alternatives) add_alternative(body, tests, rule.then);
  body.push_back(ending(rule.alternatives.empty() ? rule.then : rule.otherwise));
  return body;
}

}  // namespace

Verdict refuse_with(int error) {
  return {.kind = Verdict::Kind::refuse, .error = error};
}

std::vector<sock_filter> compile(const CallPolicy& policy) {
  const Verdict kill{.kind = Verdict::Kind::kill};
  Program program;
  program.push_back(instruction(kLoad, offsetof(seccomp_data, arch)));
  program.push_back(instruction(kIfEqual, kArchitecture, 1, 0));
  program.push_back(ending(kill));
  program.push_back(instruction(kLoad, offsetof(seccomp_data, nr)));
  if (kFirstX32 != 0) {
    program.push_back(instruction(kIfAtLeast, kFirstX32, 0, 1));
    program.push_back(ending(kill));
  }
  for (const auto& rule : policy.rules) {
    const auto body = body_of(rule);
    program.push_back(instruction(kIfEqual, rule.number, 0, body.size()));
    program.insert(program.end(), body.begin(), body.end());
  }
  if (policy.newest_known != 0) {
    program.push_back(instruction(kIfAtLeast, policy.newest_known + 1, 0, 1));
    program.push_back(ending(refuse_with(ENOSYS)));
  }
  program.push_back(ending(policy.others));
  return program;
}

}  // namespace gvm::confine
