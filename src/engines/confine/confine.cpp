#include "confine/confine.h"

#include "confine/privileges.h"

namespace gvm::confine {
namespace {

constexpr int kAbiPorts = 4;

void add(Report& report, std::string name, const std::string& why, std::string note = {}) {
  if (why.empty())
    report.holds(std::move(name), std::move(note));
  else
    report.lacks(std::move(name), why);
}

void confine_files_and_ports(const Plan& plan, Report& report) {
  std::string why;
  const int abi = landlock_abi(&why);
  if (abi > 0 && !is_single_threaded()) why = "other threads run already";
  if (why.empty()) why = landlock_self(plan.landlock, abi);
  const std::string version = "Landlock ABI " + std::to_string(abi);
  add(report, "files", why, version);
  if (why.empty() && abi < kAbiPorts) why = version + " knows no ports (Linux 6.7 does)";
  std::string note = "listening only";
  if (plan.ports_open.empty()) note = "connecting and listening";
  if (!plan.ports_open.empty()) note += ": " + plan.ports_open;
  if (plan.landlock.connect_ports || plan.landlock.bind_ports) add(report, "ports", why, note);
}

}  // namespace

Report confine_self(const Plan& plan) {
  Report report(plan.mode);
  add(report, "core_dumps", no_core_dumps());
  if (plan.mode == Mode::off) return report;
  const auto privileges = no_new_privileges();
  add(report, "no_new_privileges", privileges);
  add(report, "limits", lower_limits());
  add(report, "locked_keys", lock_memory(plan.secrets));
  add(report, "capabilities", drop_capabilities());
  confine_files_and_ports(plan, report);
  add(report, "system_calls", filter_calls(policy_of(plan.process, plan.calls)));
  return report;
}

Report confine_starter(Mode mode, Process process) {
  Report report(mode);
  if (mode == Mode::off) return report;
  add(report, "no_new_privileges", no_new_privileges());
  add(report, "system_calls", filter_calls(policy_of(process)));
  return report;
}

}  // namespace gvm::confine
