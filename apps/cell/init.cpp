#include "apps/cell/init.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>

#include "apps/cell/filesystem.h"
#include "apps/cell/processes.h"

namespace gvm::cell {
namespace {

namespace message = browser::cell_message;

constexpr time_t kTickSeconds = 1;
constexpr int kBacklog = 128;

Fd signal_descriptor() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  ::sigaddset(&set, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  return Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Fd ticking_timer() {
  Fd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  const itimerspec every{.it_interval = {kTickSeconds, 0}, .it_value = {kTickSeconds, 0}};
  ::timerfd_settime(timer.get(), 0, &every, nullptr);
  return timer;
}

// The number after `prefix` in `line`.
std::optional<std::uint16_t> port_after(std::string_view line, std::string_view prefix) {
  const auto at = line.find(prefix);
  if (at == line.npos) return std::nullopt;
  std::uint16_t port = 0;
  const char* begin = line.data() + at + prefix.size();
  const auto parsed = std::from_chars(begin, line.data() + line.size(), port);
  return parsed.ec == std::errc() && port != 0 ? std::optional(port) : std::nullopt;
}

std::string describe(int status) {
  return WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                             : "ended with code " + std::to_string(WEXITSTATUS(status));
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto begin = text.rfind('\n');
  return begin == text.npos ? text : text.substr(begin + 1);
}

std::string text_of(std::string_view view) {
  return std::string(view);
}

std::string flag(bool on) {
  return on ? "1" : "0";
}

}  // namespace

Init::Init(CellSpec spec, Inside inside, Channels channels)
    : spec_(std::move(spec)),
      inside_(std::move(inside)),
      channels_(std::move(channels)),
      signals_(signal_descriptor()),
      timer_(ticking_timer()) {
  loop_.add(channels_.control.get(), EPOLLIN, [this](std::uint32_t) { on_control(); });
  loop_.add(signals_.get(), EPOLLIN, [this](std::uint32_t) { on_signal(); });
  loop_.add(timer_.get(), EPOLLIN, [this](std::uint32_t) { on_tick(); });
}

void Init::run() {
  ::mkdir((inside_.scratch + "/home").c_str(), 0700);
  ::mkdir((inside_.scratch + "/tmp").c_str(), 0700);
  if (!make_listeners()) {
    fail("start", "no sockets inside the cell");
  } else if (!start_browser() || !start_driver()) {
    fail("start", "no process inside the cell");
  }
  loop_.run();
  kill_descendants();
}

bool Init::make_listeners() {
  std::vector<std::string> fields{text_of(message::kListeners)};
  std::vector<int> descriptors;
  for (std::size_t i = 0; i < spec_.slots + 1; ++i) {
    Listener listener{Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), 0};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    auto* address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener.socket.get(), address, size) != 0 ||
        ::listen(listener.socket.get(), kBacklog) != 0 ||
        ::getsockname(listener.socket.get(), address, &size) != 0)
      return false;
    listener.port = ntohs(at.sin_port);
    fields.push_back(std::to_string(listener.port));
    descriptors.push_back(listener.socket.get());
    listeners_.push_back(std::move(listener));
  }
  return browser::send_message(channels_.control.get(), fields, descriptors);
}

std::vector<std::string> Init::environment() const {
  std::string locale = spec_.language;
  if (const auto dash = locale.find('-'); dash != locale.npos) locale[dash] = '_';
  const std::string nowhere = "unix:path=" + inside_.scratch + "/none";
  return {"PATH=/usr/bin:/bin",
          "HOME=" + inside_.scratch + "/home",
          "TMPDIR=" + inside_.scratch + "/tmp",
          "TZ=" + spec_.time_zone,
          "LANG=" + locale + ".UTF-8",
          "LANGUAGE=" + locale,
          "DBUS_SESSION_BUS_ADDRESS=" + nowhere,
          "DBUS_SYSTEM_BUS_ADDRESS=" + nowhere,
          "GVM_CELL=" + spec_.folder};
}

bool Init::start_browser() {
  Command command{spec_.browser, spec_.browser_arguments, environment()};
  const auto refused = std::to_string(listeners_.front().port);
  command.arguments.push_back("--proxy-server=http://127.0.0.1:" + refused);
  command.arguments.push_back("--user-data-dir=" + inside_.scratch + "/profile");
  command.arguments.push_back("--remote-debugging-port=0");
  // Containers often have very little shared memory.
  if (inside_.mode.level != CellLevel::full) command.arguments.push_back("--disable-dev-shm-usage");
  if (!sandbox_) command.arguments.push_back("--no-sandbox");
  command.arguments.push_back("about:blank");
  browser_ = std::make_unique<Child>(loop_, [this](std::string_view l) { on_browser_line(l); });
  return browser_->start(command);
}

bool Init::start_driver() {
  Command command{spec_.driver, {"--port=0"}, environment()};
  driver_ = std::make_unique<Child>(loop_, [this](std::string_view l) { on_driver_line(l); });
  return driver_->start(command);
}

void Init::on_browser_line(std::string_view line) {
  constexpr std::string_view kListening = "DevTools listening on ws://127.0.0.1:";
  const auto port = port_after(line, kListening);
  if (!port || devtools_port_ != 0) return;
  devtools_port_ = *port;
  const auto path = line.find('/', line.find(kListening) + kListening.size());
  if (path != line.npos) devtools_path_ = text_of(line.substr(path));
  become_ready();
}

void Init::on_driver_line(std::string_view line) {
  const auto port = port_after(line, "started successfully on port ");
  if (!port || driver_port_ != 0) return;
  driver_port_ = *port;
  become_ready();
}

void Init::become_ready() {
  if (devtools_port_ == 0 || driver_port_ == 0) return;
  ready_ = true;
  on_tick();
  to_driver_ =
      std::make_unique<Forwarder>(loop_, std::move(channels_.driver_listener), driver_port_);
  to_devtools_ =
      std::make_unique<Forwarder>(loop_, std::move(channels_.devtools_listener), devtools_port_);
  const CellLevel level = inside_.mode.level;
  const bool full = level == CellLevel::full;
  const bool user = inside_.other_user || inside_.mode.user_namespace;
  const int control = channels_.control.get();
  browser::send_message(
      control, {text_of(message::kProtection), flag(level != CellLevel::processes), flag(full),
                flag(full), flag(user), flag(sandbox_), inside_.missing});
  browser::send_message(control, {text_of(message::kReady), std::to_string(devtools_port_),
                                  devtools_path_, std::to_string(driver_port_)});
}

void Init::on_control() {
  launch::Packet received;
  switch (launch::receive_packet(channels_.control.get(), received)) {
    case launch::Received::nothing:
      return;
    case launch::Received::closed:
      return end("the module is gone");
    case launch::Received::packet:
      if (received.fields[0] == message::kStop) end("stopped");
  }
}

void Init::on_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    if (info.ssi_signo == SIGTERM) end("terminated");
  }
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG))
    on_ended(pid, status);
}

void Init::on_ended(pid_t pid, int status) {
  const std::string how = describe(status);
  if (driver_ && pid == driver_->pid()) {
    if (ready_) return end("driver " + how);
    return fail("crash", "the driver " + how + ": " + last_line(driver_->tail()));
  }
  if (!browser_ || pid != browser_->pid()) return;
  if (ready_) return end("browser " + how);
  browser_failed(how);
}

// A browser without a sandbox of its own may run only inside namespaces.
void Init::browser_failed(const std::string& how) {
  const std::string tail = browser_->tail();
  const bool over_sandbox =
      tail.find("sandbox") != tail.npos || tail.find("namespace") != tail.npos;
  if (over_sandbox && sandbox_ && inside_.mode.level != CellLevel::processes) {
    sandbox_ = false;
    inside_.missing += inside_.missing.empty() ? "" : "; ";
    inside_.missing += "Chromium's sandbox cannot start here";
    if (start_browser()) return;
  }
  fail("crash", "the browser " + how + ": " + last_line(tail));
}

void Init::on_tick() {
  std::uint64_t times = 0;
  (void)!::read(timer_.get(), &times, sizeof(times));
  Usage usage = usage_of(descendants(::getpid()));
  if (inside_.mode.level == CellLevel::full)
    usage.memory_bytes += used_bytes(kPrivateFolder) + used_bytes("/dev/shm");
  browser::send_message(channels_.control.get(),
                        {text_of(message::kUsage), std::to_string(usage.memory_bytes),
                         std::to_string(usage.processes)});
  if (usage.memory_bytes > spec_.memory_bytes) end("memory limit");
  if (usage.processes > spec_.processes) end("process limit");
}

void Init::fail(std::string_view kind, std::string sentence) {
  browser::send_message(channels_.control.get(),
                        {text_of(message::kFailed), text_of(kind), std::move(sentence)});
  loop_.stop();
}

void Init::end(std::string why) {
  browser::send_message(channels_.control.get(), {text_of(message::kExit), std::move(why)});
  loop_.stop();
}

}  // namespace gvm::cell
