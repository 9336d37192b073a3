// What a module's process may ask of the kernel once it has started: a list of what is allowed,
// close to systemd's @system-service without new processes and programs, and without what changes
// the process's user, the machine or other processes.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "confine/policies.h"

namespace gvm::confine {
namespace {

constexpr std::uint32_t kNewestKnown = 450;  // of Linux 6.5; later ones are ENOSYS
constexpr std::uint32_t kSocketTypes = 0xF;  // the rest of the word is SOCK_CLOEXEC, SOCK_NONBLOCK

constexpr auto kAlways = std::to_array<long>({
    // memory
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_mincore,
    SYS_msync,
    SYS_mlock,
    SYS_mlock2,
    SYS_munlock,
    SYS_membarrier,
    SYS_get_mempolicy,
    SYS_mbind,
    SYS_memfd_create,
    // files by descriptor
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_close,
    SYS_close_range,
    SYS_fstat,
    SYS_lseek,
    SYS_dup,
    SYS_dup3,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_syncfs,
    SYS_fallocate,
    SYS_ftruncate,
    SYS_fadvise64,
    SYS_readahead,
    SYS_sendfile,
    SYS_splice,
    SYS_tee,
    SYS_pipe2,
    SYS_copy_file_range,
    SYS_fchmod,
    SYS_fchown,
    SYS_fchdir,
    SYS_getdents64,
    SYS_fstatfs,
    SYS_fgetxattr,
    SYS_flistxattr,
    // files by name: Landlock says which
    SYS_openat,
    SYS_openat2,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_mkdirat,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_symlinkat,
    SYS_fchmodat,
    SYS_fchownat,
    SYS_utimensat,
    SYS_truncate,
    SYS_statfs,
    SYS_getcwd,
    SYS_chdir,
    SYS_umask,
    SYS_getxattr,
    SYS_lgetxattr,
    SYS_listxattr,
    SYS_inotify_init1,
    SYS_inotify_add_watch,
    SYS_inotify_rm_watch,
    // sockets; socket() itself is judged below
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getpeername,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_shutdown,
    // waiting
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_eventfd2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_signalfd4,
    SYS_futex,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_restart_syscall,
    // time
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_gettime,
    SYS_timer_getoverrun,
    SYS_timer_delete,
    SYS_getitimer,
    SYS_setitimer,
    // signals to itself are judged below
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    // threads and the process itself
    SYS_exit,
    SYS_exit_group,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_getpgid,
    SYS_getsid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getresuid,
    SYS_getresgid,
    SYS_getgroups,
    SYS_getrusage,
    SYS_getrlimit,
    SYS_getpriority,
    SYS_setpriority,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_setaffinity,
    SYS_sched_getparam,
    SYS_sched_setparam,
    SYS_sched_getscheduler,
    SYS_sched_setscheduler,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_getcpu,
    SYS_set_tid_address,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_wait4,
    SYS_waitid,
    SYS_pidfd_open,
    SYS_getrandom,
    SYS_uname,
    SYS_sysinfo,
    SYS_capget,
    SYS_ioprio_get,
});

#ifdef SYS_futex_waitv  // headers of Linux 5.16
constexpr auto kAlwaysNewer = std::to_array<long>({SYS_futex_waitv});
#else
constexpr std::array<long, 0> kAlwaysNewer{};
#endif

#if defined(__x86_64__)
// Older calls that newer architectures do not have; libraries still use some.
constexpr auto kAlwaysOlder = std::to_array<long>({
    SYS_open,       SYS_creat,   SYS_stat,     SYS_lstat,        SYS_access, SYS_readlink,
    SYS_mkdir,      SYS_rmdir,   SYS_unlink,   SYS_rename,       SYS_link,   SYS_symlink,
    SYS_chmod,      SYS_chown,   SYS_lchown,   SYS_utime,        SYS_utimes, SYS_futimesat,
    SYS_getdents,   SYS_pipe,    SYS_dup2,     SYS_poll,         SYS_select, SYS_epoll_create,
    SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_inotify_init, SYS_time,   SYS_getpgrp,
    SYS_arch_prctl, SYS_pause,   SYS_alarm,
});
#endif

ArgumentTest argument_is(unsigned index, std::uint32_t value, std::uint32_t mask = ~0U) {
  return {.argument = index, .mask = mask, .wanted = value};
}

// TCP and UDP, Unix sockets, and the kernel's list of network interfaces: no packets of one's own
// making.
CallRule sockets() {
  CallRule rule{.number = SYS_socket};
  for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET})
    rule.alternatives.push_back({argument_is(0, AF_UNIX), argument_is(1, type, kSocketTypes)});
  for (const int family : {AF_INET, AF_INET6})
    for (const int type : {SOCK_STREAM, SOCK_DGRAM})
      rule.alternatives.push_back({argument_is(0, family), argument_is(1, type, kSocketTypes)});
  rule.alternatives.push_back({argument_is(0, AF_NETLINK), argument_is(2, 0)});  // NETLINK_ROUTE
  return rule;
}

CallRule threads_only() {
  return {.number = SYS_clone, .alternatives = {{argument_is(0, CLONE_THREAD, CLONE_THREAD)}}};
}

CallRule process_options() {
  CallRule rule{.number = SYS_prctl};
  for (const int option :
       {PR_SET_NAME, PR_GET_NAME, PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE,
        PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK})
    rule.alternatives.push_back({argument_is(0, static_cast<std::uint32_t>(option))});
  // glibc and sanitizers give mappings names.
  constexpr std::uint32_t kSetVma = 0x53564d41;  // PR_SET_VMA
  rule.alternatives.push_back({argument_is(0, kSetVma)});
  return rule;
}

// Limits are read; that of descriptors is also set, of this process.
CallRule limits() {
  constexpr ArgumentTest kReadsLow{.argument = 2};
  constexpr ArgumentTest kReadsHigh{.argument = 2, .high_half = true};
  return {.number = SYS_prlimit64,
          .alternatives = {{kReadsLow, kReadsHigh},
                           {argument_is(0, 0), argument_is(1, RLIMIT_NOFILE)}}};
}

// No input is put into a terminal.
CallRule device_commands() {
  constexpr std::uint32_t kPutInput = 0x5412;     // TIOCSTI
  constexpr std::uint32_t kConsole = 0x541C;      // TIOCLINUX
  constexpr std::uint32_t kOwnTerminal = 0x540E;  // TIOCSCTTY
  return {.number = SYS_ioctl,
          .alternatives = {{argument_is(1, kPutInput)},
                           {argument_is(1, kConsole)},
                           {argument_is(1, kOwnTerminal)}},
          .then = refuse_with(EPERM),
          .otherwise = kAllow};
}

void add_signals(CallPolicy& policy, bool to_others) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  for (const long number : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}) {
    CallRule rule{.number = static_cast<std::uint32_t>(number)};
    if (!to_others) rule.alternatives = {{argument_is(0, self)}};
    policy.rules.push_back(std::move(rule));
  }
  if (to_others) policy.rules.push_back({.number = SYS_pidfd_send_signal});
}

void add_leak_checker(CallPolicy& policy) {
  for (const long number : {SYS_ptrace, SYS_prctl, SYS_clone, SYS_process_vm_readv, SYS_tkill,
                            SYS_kill, SYS_personality})
    policy.rules.push_back({.number = static_cast<std::uint32_t>(number)});
}

}  // namespace

CallPolicy module_policy(const CallOptions& options) {
  CallPolicy policy{.rules = {}, .others = refuse_with(EPERM), .newest_known = kNewestKnown};
  if (options.leak_checker) add_leak_checker(policy);
  policy.rules.push_back(sockets());
  policy.rules.push_back(threads_only());
  // glibc makes threads with clone() then, whose flags a filter can read.
  policy.rules.push_back({.number = SYS_clone3, .then = refuse_with(ENOSYS)});
  policy.rules.push_back(process_options());
  policy.rules.push_back(limits());
  policy.rules.push_back(device_commands());
  add_signals(policy, options.signals_to_others);
  for (const long number : kAlways)
    policy.rules.push_back({.number = static_cast<std::uint32_t>(number)});
  for (const long number : kAlwaysNewer)
    policy.rules.push_back({.number = static_cast<std::uint32_t>(number)});
#if defined(__x86_64__)
  for (const long number : kAlwaysOlder)
    policy.rules.push_back({.number = static_cast<std::uint32_t>(number)});
#endif
  return policy;
}

}  // namespace gvm::confine
