// What the process that starts other programs may not ask of the kernel, and therefore neither may
// what it starts: the ledger's keeper, or a browser. A list of what is refused, because a browser
// uses nearly everything else inside its own sandbox.
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>

#include "confine/policies.h"

namespace gvm::confine {
namespace {

// The machine: modules, clocks, reboot, swap, accounting, hardware; and parts of the kernel that
// are of use mainly to attackers.
constexpr auto kNever = std::to_array<long>({
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_syslog,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_process_vm_writev,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
#endif
});

// What only a browser's cell needs.
constexpr auto kBrowsersOnly = std::to_array<long>({
    SYS_mount,         SYS_umount2,     SYS_pivot_root,       SYS_chroot,   SYS_unshare,
    SYS_setns,         SYS_ptrace,      SYS_process_vm_readv, SYS_kcmp,     SYS_open_tree,
    SYS_move_mount,    SYS_fsopen,      SYS_fsconfig,         SYS_fsmount,  SYS_fspick,
    SYS_mount_setattr, SYS_setuid,      SYS_setgid,           SYS_setreuid, SYS_setregid,
    SYS_setresuid,     SYS_setresgid,   SYS_setfsuid,         SYS_setfsgid, SYS_setgroups,
    SYS_capset,        SYS_personality, SYS_mknodat,
#if defined(__x86_64__)
    SYS_mknod,
#endif
});

CallRule never(long number) {
  return {.number = static_cast<std::uint32_t>(number), .then = refuse_with(EPERM)};
}

// Packets of one's own making are for nobody.
CallRule no_packets() {
  constexpr std::uint32_t kSocketTypes = 0xF;
  CallRule rule{.number = SYS_socket, .then = refuse_with(EPERM), .otherwise = kAllow};
  rule.alternatives.push_back({{.argument = 0, .wanted = AF_PACKET}});
  for (const std::uint32_t family : {AF_INET, AF_INET6})
    rule.alternatives.push_back({{.argument = 0, .wanted = family},
                                 {.argument = 1, .mask = kSocketTypes, .wanted = SOCK_RAW}});
  return rule;
}

}  // namespace

CallPolicy starter_policy(bool browsers) {
  CallPolicy policy;
  for (const long number : kNever) policy.rules.push_back(never(number));
  if (!browsers)
    for (const long number : kBrowsersOnly) policy.rules.push_back(never(number));
  policy.rules.push_back(no_packets());
  return policy;
}

CallPolicy policy_of(Process process, const CallOptions& options) {
  switch (process) {
    case Process::module:
    case Process::ledger_keeper:
      return module_policy(options);
    case Process::starter:
      return starter_policy(false);
    case Process::browser_starter:
      return starter_policy(true);
  }
  return {};
}

}  // namespace gvm::confine
