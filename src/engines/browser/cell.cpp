#include "browser/cell.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "browser/cell_flags.h"
#include "browser/cell_folder.h"
#include "browser/cell_launch.h"
#include "browser/cell_protocol.h"
#include "browser/cell_state.h"

namespace gvm::browser {
namespace {

namespace fs = std::filesystem;

constexpr int kWipeAttempts = 100;
constexpr std::chrono::milliseconds kWipePause{20};

Error start_error(std::string_view kind, std::string sentence) {
  Error error(codes::kCreatingSession, Fatality::fatal, std::move(sentence));
  error.with("kind", Value::string(std::string(kind)));
  return error;
}

std::optional<Error> missing(const fs::path& program, std::string_view what,
                             std::string_view package) {
  if (::access(program.c_str(), X_OK) == 0) return std::nullopt;
  return start_error("missing", std::string(what) + " is not at " + program.string() +
                                    ": install the Debian package " + std::string(package));
}

constexpr std::string_view kShell = "/usr/lib/chromium/chromium-headless-shell";
constexpr std::string_view kChromium = "/usr/lib/chromium/chromium";

std::optional<Error> missing_program(const CellOptions& options) {
  if (auto error = missing(options.browser, "Chromium", "chromium")) return error;
  if (auto error = missing(options.driver, "ChromeDriver", "chromium-driver")) return error;
  return missing(options.cell_program, "genvm-browser-cell", "genvm-modules");
}

fs::path beside_this_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / "genvm-browser-cell";
}

CellLevel level_of(Isolation isolation) {
  if (isolation == Isolation::best) return CellLevel::full;
  return isolation == Isolation::network ? CellLevel::network : CellLevel::processes;
}

CellSpec spec_of(const CellOptions& options, const fs::path& folder) {
  CellSpec spec;
  spec.level = level_of(options.isolation);
  spec.folder = folder.string();
  spec.browser = options.browser.string();
  spec.driver = options.driver.string();
  spec.time_zone = options.appearance.time_zone;
  spec.language = options.appearance.language;
  spec.managed_policy = managed_policy();
  spec.slots = options.slots;
  spec.memory_bytes = options.limits.memory_bytes;
  spec.scratch_bytes = options.limits.scratch_bytes;
  spec.processes = options.limits.processes;
  spec.open_files = options.limits.open_files;
  spec.browser_arguments = browser_arguments(options.appearance, options.arguments);
  return spec;
}

}  // namespace

class Cell::Impl : public std::enable_shared_from_this<Cell::Impl> {
 public:
  Impl(asio::any_io_executor executor, log::Logger log, CellFolder folder, Launched launched)
      : executor_(executor),
        log_(std::move(log)),
        folder_(std::move(folder)),
        pid_(launched.pid),
        control_(executor, launched.control.release()),
        process_(executor, launched.process.release()),
        retry_(executor) {
    state_.driver_socket = folder_.driver_socket();
    state_.devtools_socket = folder_.devtools_socket();
  }
  // The executor was destroyed before the cell has ended, so the cell is killed here.
  ~Impl() {
    if (state_.ended) return;
    if (!reaped_) {
      ask_to_end();
      wait_for_process();
    }
    wipe_cell_folder_patiently(folder_.path());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool begin(const CellSpec& spec) {
    listen_to_control();
    process_.async_wait(Descriptor::wait_read, [self = shared_from_this()](auto error) {
      if (!error) self->on_ended();
    });
    return send_message(control_.native_handle(), encode(spec));
  }

  // Sends SIGTERM, to which the guard process reacts by killing everything inside. Sent once only.
  void end() {
    if (reaped_ || std::exchange(ending_, true)) return;
    state_.usable = false;
    if (state_.exit_reason.empty()) state_.exit_reason = "stopped";
    ask_to_end();
  }

  // Waits until the state changes or until `deadline`. False when the coroutine was cancelled.
  asio::awaitable<bool> changed(Deadline deadline) {
    Timer timer(executor_, deadline.when());
    waiters_.push_back(&timer);
    const auto [ignored] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ignored;
    std::erase(waiters_, &timer);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    co_return cancellation.cancelled() == asio::cancellation_type::none;
  }

  CellState& state() { return state_; }
  const CellFolder& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

 private:
  using Descriptor = asio::posix::stream_descriptor;
  using Timer = asio::basic_waitable_timer<Clock>;

  // By the descriptor, which never means another process with the same id.
  void ask_to_end() {
    (void)::syscall(SYS_pidfd_send_signal, process_.native_handle(), SIGTERM, nullptr, 0);
  }

  // It is a child of this process, or of the starter, which waits for it then.
  void wait_for_process() {
    pollfd ended{.fd = process_.native_handle(), .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
    }
    ::waitpid(pid_, nullptr, 0);
  }

  void listen_to_control() {
    control_.async_wait(Descriptor::wait_read, [self = shared_from_this()](auto error) {
      if (!error) self->on_control();
    });
  }

  void on_control() {
    for (;;) {
      launch::Packet message;
      const auto received = launch::receive_packet(control_.native_handle(), message);
      if (received == launch::Received::nothing) return listen_to_control();
      if (received == launch::Received::closed) break;
      state_.apply(std::move(message));
      if (!state_.usable) log_end();
      wake();
    }
    // The first process of the cell has ended, or is about to end.
    state_.usable = false;
    if (state_.exit_reason.empty()) state_.exit_reason = "killed";
    wake();
  }

  void log_end() {
    if (state_.failure) return;
    log_.info("browser cell ends", {{"why", Value::string(state_.exit_reason)}});
  }

  void on_ended() {
    wait_for_process();
    reaped_ = true;
    state_.usable = false;
    wipe(kWipeAttempts);
  }

  // Usually the guard has removed the folder already. Without it, and without namespaces, processes
  // of the cell may need a moment to end.
  void wipe(int attempts) {
    if (!wipe_cell_folder(folder_.path()) && attempts > 0) {
      retry_.expires_after(kWipePause);
      retry_.async_wait([self = shared_from_this(), attempts](auto error) {
        if (!error) self->wipe(attempts - 1);
      });
      return;
    }
    state_.ended = true;
    if (state_.exit_reason.empty()) state_.exit_reason = "killed";
    boost::system::error_code ignored;
    control_.close(ignored);
    wake();
  }

  void wake() {
    for (Timer* timer : waiters_) timer->cancel();
  }

  asio::any_io_executor executor_;
  log::Logger log_;
  CellFolder folder_;
  pid_t pid_;
  Descriptor control_;
  Descriptor process_;
  CellState state_;
  Timer retry_;
  bool ending_ = false;
  bool reaped_ = false;
  std::vector<Timer*> waiters_;
};

Cell::Cell(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Cell::~Cell() {
  impl_->end();
}

asio::awaitable<Result<std::unique_ptr<Cell>>> Cell::start(asio::any_io_executor executor,
                                                           CellOptions options, Deadline deadline) {
  if (options.cell_program.empty()) options.cell_program = beside_this_program();
  if (options.browser.empty()) options.browser = installed_browser();
  if (auto error = missing_program(options)) co_return fail(std::move(*error));
  auto folder = CellFolder::make(options.runtime_dir);
  if (!folder) co_return fail(std::move(folder.error()));
  auto launched = launch_cell(options.cell_program, *folder);
  if (!launched) {
    wipe_cell_folder(folder->path());
    co_return fail(std::move(launched.error()));
  }
  const CellSpec spec = spec_of(options, folder->path());
  auto impl =
      std::make_shared<Impl>(executor, options.log, std::move(*folder), std::move(*launched));
  // From here on its destructor ends the started processes.
  std::unique_ptr<Cell> cell(new Cell(impl));
  impl->begin(spec);
  const CellState& state = impl->state();
  while (!state.ready && !state.failure && state.usable) {
    if (deadline.expired())
      co_return fail(codes::kDeadlineExceeded, Fatality::fatal,
                     "the browser did not start in time");
    const bool go_on = co_await impl->changed(deadline);
    if (!go_on) co_return fail(codes::kCancelled, Fatality::fatal, "starting a browser");
  }
  if (state.failure) co_return fail(*state.failure);
  if (!state.usable)
    co_return fail(start_error("crash", "the browser's cell was " + state.exit_reason));
  options.log.info("browser cell started",
                   {{"protection", Value::string(state.protection.to_string())},
                    {"pid", Value::integer(static_cast<std::int64_t>(impl->pid()))}});
  co_return cell;
}

const fs::path& Cell::driver_socket() const {
  return impl_->state().driver_socket;
}
const fs::path& Cell::devtools_socket() const {
  return impl_->state().devtools_socket;
}
const std::string& Cell::devtools_address() const {
  return impl_->state().devtools_address;
}
const std::string& Cell::devtools_path() const {
  return impl_->state().devtools_path;
}
const std::string& Cell::driver_address() const {
  return impl_->state().driver_address;
}
std::string Cell::proxy_url(std::size_t slot) const {
  return "http://" + impl_->state().slot_addresses.at(slot);
}
std::size_t Cell::slots() const {
  return impl_->state().slot_addresses.size();
}
CellListeners Cell::take_listeners() {
  return std::exchange(impl_->state().listeners, CellListeners());
}
const Protection& Cell::protection() const {
  return impl_->state().protection;
}
bool Cell::alive() const {
  return impl_->state().usable;
}
const std::string& Cell::exit_reason() const {
  return impl_->state().exit_reason;
}
std::size_t Cell::memory_bytes() const {
  return impl_->state().memory_bytes;
}
std::size_t Cell::process_count() const {
  return impl_->state().processes;
}
pid_t Cell::pid() const {
  return impl_->pid();
}
const fs::path& Cell::folder() const {
  return impl_->folder().path();
}

asio::awaitable<void> Cell::wait_exit() {
  const auto impl = impl_;
  while (!impl->state().ended) {
    const bool go_on = co_await impl->changed(Deadline::never());
    if (!go_on) co_return;
  }
}

asio::awaitable<void> Cell::stop() {
  impl_->end();
  auto waiting = wait_exit();
  co_await std::move(waiting);
}

fs::path installed_browser() {
  return ::access(kShell.data(), X_OK) == 0 ? kShell : kChromium;
}

}  // namespace gvm::browser
