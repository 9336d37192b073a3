#include "manager/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <system_error>

#include "base/size.h"
#include "manager/codes.h"
#include "text/json_view.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX names no header

namespace gvm::manager {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr int kFirstInherited = 10;  // descriptors of the child; 0 to 2 are its standard ones
constexpr int kOutOfTheWay = 64;     // sources are above every number that they are copied to
constexpr std::size_t kLongestLine = 64 * kKiB;  // longer ones are cut into several

std::unexpected<Error> cannot_start(const std::string& what, int number) {
  return fail(codes::kModuleStartFailed, Fatality::fatal,
              what + ": " + std::system_category().message(number));
}

Fd copy_of(int fd) {
  return Fd(::fcntl(fd, F_DUPFD_CLOEXEC, kOutOfTheWay));
}

// What posix_spawn() needs, freed when it goes.
class Spawn {
 public:
  Spawn() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) sigaddset(&signals, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A group of its own: Control-C at a terminal reaches the manager, which ends its modules.
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void give(int source, int number) {
    sources_.push_back(copy_of(source));
    ::posix_spawn_file_actions_adddup2(&actions_, sources_.back().get(), number);
  }
  // As an option of the child's command line; nothing for -1.
  void give(int source, const char* option, std::vector<std::string>& arguments) {
    if (source < 0) return;
    const int number = next_++;
    give(source, number);
    arguments.insert(arguments.end(), {option, std::to_string(number)});
  }
  int run(const std::string& program, std::vector<std::string> arguments,
          std::vector<std::string> variables, pid_t& pid) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> raw, environment;
    for (auto& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    for (char** own = environ; *own != nullptr; ++own) environment.push_back(*own);
    for (auto& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, raw.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<Fd> sources_;
  int next_ = kFirstInherited;
};

struct Pipe {
  Fd read, write;
  static Pipe make() {
    std::array<int, 2> ends{-1, -1};
    (void)::pipe2(ends.data(), O_CLOEXEC);
    return {Fd(ends[0]), Fd(ends[1])};
  }
};

}  // namespace

Result<std::shared_ptr<Child>> Child::start(asio::io_context& context, const ChildSpec& spec,
                                            LineRelay& relay) {
  auto [ours, theirs] = control::make_pair();
  auto out = Pipe::make();
  auto err = Pipe::make();
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!out.read || !err.read || !null) return cannot_start("no pipe for a module", errno);
  Spawn spawn;
  auto arguments = spec.arguments;
  spawn.give(null.get(), STDIN_FILENO);
  spawn.give(out.write.get(), STDOUT_FILENO);
  spawn.give(err.write.get(), STDERR_FILENO);
  spawn.give(theirs.get(), "--control-fd", arguments);
  spawn.give(spec.listen_fd, "--listen-fd", arguments);
  spawn.give(spec.config_fd, "--config-fd", arguments);
  spawn.give(spec.baton_fd, "--baton-fd", arguments);
  Ends ends;
  if (const int number = spawn.run(spec.program, std::move(arguments), spec.variables, ends.pid);
      number != 0)
    return cannot_start("cannot run " + spec.program, number);
  ends.pid_fd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, ends.pid, 0)));
  if (!ends.pid_fd) {
    const int number = errno;
    ::kill(ends.pid, SIGKILL);
    ::waitpid(ends.pid, nullptr, 0);
    return cannot_start("cannot watch " + spec.program, number);
  }
  ends.control = std::move(ours);
  ends.out = std::move(out.read);
  ends.err = std::move(err.read);
  std::shared_ptr<Child> child(new Child(context, std::move(ends), relay));
  child->begin();
  return child;
}

Child::Child(asio::io_context& context, Ends ends, LineRelay& relay)
    : context_(context),
      relay_(relay),
      pid_(ends.pid),
      control_(context, std::move(ends.control)),
      out_(context, ends.out.release()),
      err_(context, ends.err.release()),
      pid_fd_(context, ends.pid_fd.release()),
      changed_(context) {}

Child::~Child() {
  if (ended()) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

void Child::begin() {
  asio::co_spawn(context_, hear(shared_from_this()), asio::detached);
  asio::co_spawn(context_, read_lines(shared_from_this(), out_), asio::detached);
  asio::co_spawn(context_, read_lines(shared_from_this(), err_), asio::detached);
  asio::co_spawn(context_, wait_end(shared_from_this()), asio::detached);
}

asio::awaitable<void> Child::hear(std::shared_ptr<Child> self) {
  for (;;) {
    auto receiving = self->control_.receive();
    const auto message = co_await std::move(receiving);
    if (!message) co_return;
    self->take(message->body);
    self->changed_.set();
  }
}

void Child::take(const Value& event) {
  const auto name = text::string_at(event, "/event");
  if (name == "checked") checked_ = true;
  if (name == "handed_over") handed_over_ = true;
  if (name == "reload_ended") {
    ++reloads_;
    last_reload_ = event;
  }
  if (name == "ready") {
    ready_ = true;
    if (const Value* facts = event.find("facts")) facts_ = *facts;
  }
  if (name != "refused") return;
  const Value* reasons = event.find("reasons");
  if (reasons == nullptr || reasons->as_array() == nullptr) return;
  for (const auto& reason : *reasons->as_array())
    reasons_.emplace_back(reason.as_string().value_or(""));
}

asio::awaitable<void> Child::read_lines(std::shared_ptr<Child> self, Stream& from) {
  std::string waiting;
  std::array<char, 16384> bytes;
  for (;;) {
    const auto into = asio::buffer(bytes);
    const auto [error, count] = co_await from.async_read_some(into, kToken);
    waiting.append(bytes.data(), count);
    for (auto end = waiting.find('\n'); end != waiting.npos; end = waiting.find('\n')) {
      self->keep_line(waiting.substr(0, end));
      waiting.erase(0, end + 1);
    }
    if (waiting.size() > kLongestLine || (error && !waiting.empty()))
      self->keep_line(std::exchange(waiting, {}));
    if (error) co_return;
  }
}

void Child::keep_line(std::string line) {
  last_lines_.push_back(line.substr(0, kKeptLineBytes));
  if (last_lines_.size() > kKeptLines) last_lines_.pop_front();
  relay_.write(std::move(line));
}

asio::awaitable<void> Child::wait_end(std::shared_ptr<Child> self) {
  const auto [error] =
      co_await self->pid_fd_.async_wait(asio::posix::descriptor_base::wait_read, kToken);
  (void)error;
  // What it wrote and said last is in the pipes: other coroutines read it first.
  for (int turn = 0; turn < 4; ++turn) co_await asio::post(self->context_, asio::use_awaitable);
  int status = 0;
  ::waitpid(self->pid_, &status, 0);
  self->status_ = status;
  self->control_.close();
  self->changed_.set();
}

std::string Child::how_it_ended() const {
  if (!status_) return {};
  if (WIFEXITED(*status_)) return "exit code " + std::to_string(WEXITSTATUS(*status_));
  const int number = WTERMSIG(*status_);
  const char* name = ::sigdescr_np(number);
  return "signal " + std::to_string(number) +
         (name == nullptr ? "" : " (" + std::string(name) + ")");
}

void Child::kill() const {
  if (!ended()) ::kill(pid_, SIGKILL);
}

}  // namespace gvm::manager
