// What the machine gives: limits, memory, folders, a browser.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "apps/front/doctor.h"
#include "base/size.h"
#include "browser/cell.h"
#include "web/network_of_config.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr rlim_t kFilesWanted = 8192;  // a connection each for sessions and upstream calls
constexpr std::uint64_t kMemoryWanted = 512 * kMiB;
constexpr std::uint64_t kSpaceNeeded = 64 * kMiB;  // journal segments and a day of a quiet ledger
constexpr std::uint64_t kSpaceWanted = 1 * kGiB;

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{} MiB", bytes / kMiB);
}

// The folder itself, or the nearest one above it that is there.
fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

void report(Findings& findings, const Result<std::unique_ptr<browser::Cell>>& cell) {
  if (!cell) {
    findings.error("browser", cell.error().to_string(),
                   "install the package that is named, or set browser.engine to http");
    return;
  }
  const auto& active = (*cell)->protection();
  const std::string text = "starts and answers, protected by " + active.to_string();
  if (active.missing.empty()) return findings.ok("browser", text);
  findings.warning("browser", text + "; missing: " + active.missing,
                   "docs/browser-isolation.md says what is lost and how to allow it");
}

asio::awaitable<void> try_browser(browser::CellOptions options, Deadline deadline,
                                  Findings* findings) {
  const auto executor = co_await asio::this_coro::executor;
  auto started = browser::Cell::start(executor, std::move(options), deadline);
  auto cell = co_await std::move(started);
  report(*findings, cell);
  if (cell) co_await (*cell)->stop();
}

}  // namespace

void look_at_limits(Findings& findings) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto hard = static_cast<unsigned long long>(files.rlim_max);
  if (files.rlim_max < kFilesWanted)
    findings.warning("open files", fmt::format("at most {}", hard),
                     fmt::format("raise it: LimitNOFILE={} in the unit, or ulimit -n",
                                 static_cast<unsigned long long>(kFilesWanted)));
  else
    findings.ok("open files", fmt::format("at most {}", hard));
  struct sysinfo machine{};
  ::sysinfo(&machine);
  const std::uint64_t memory = std::uint64_t{machine.totalram} * machine.mem_unit;
  if (memory < kMemoryWanted)
    findings.warning("memory", megabytes(memory),
                     "the modules start, but browsers need some 300 MiB each");
  else
    findings.ok("memory", megabytes(memory));
}

void look_at_folder(Findings& findings, const std::string& key, const std::string& path) {
  const fs::path there = nearest_existing(fs::path(path).lexically_normal());
  if (::access(there.c_str(), W_OK | X_OK) != 0) {
    findings.error(key, fmt::format("{} cannot be written by user {}", there.string(), ::geteuid()),
                   "give it to the user that runs the modules, or name another folder");
    return;
  }
  struct statvfs space{};
  if (::statvfs(there.c_str(), &space) != 0) return;
  const std::uint64_t left = std::uint64_t{space.f_bavail} * space.f_frsize;
  const std::string text = fmt::format("{}, {} left", path, megabytes(left));
  if (left < kSpaceNeeded)
    findings.error(key, text, "make room: without it the ledger refuses paid calls");
  else if (left < kSpaceWanted)
    findings.warning(key, text, "make room before it is full");
  else
    findings.ok(key, text);
}

void look_at_browser(Findings& findings, const config::WebConfig& config) {
  asio::io_context context(1);
  auto options = web::pool_options_of(config).cell;
  const auto deadline = Deadline::in(config.browser.start_timeout);
  asio::co_spawn(context, try_browser(std::move(options), deadline, &findings),
                 [&findings](const std::exception_ptr& thrown) {
                   if (thrown) findings.error("browser", "cannot be started", "see the log");
                 });
  context.run();
}

}  // namespace gvm::apps
