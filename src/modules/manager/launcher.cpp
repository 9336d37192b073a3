#include "manager/launcher.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/error_codes.h"
#include "config/document.h"
#include "manager/child_words.h"
#include "manager/codes.h"

namespace gvm::manager {
namespace {

constexpr std::chrono::milliseconds kHandOver{15'000};  // for a process to stop accepting

}  // namespace

const char* name_of(config::ModuleKind kind) {
  return kind == config::ModuleKind::llm ? "llm" : "web";
}

Fd config_file_of(const std::string& text) {
  Fd fd(::memfd_create("module-configuration", MFD_CLOEXEC));
  for (std::string_view rest = text; fd && !rest.empty();) {
    const auto count = ::write(fd.get(), rest.data(), rest.size());
    if (count <= 0) return {};
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return fd;
}

std::pair<Fd, Fd> baton_pair() {
  std::array<int, 2> ends{-1, -1};
  (void)::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data());
  return {Fd(ends[0]), Fd(ends[1])};
}

Launcher::Launcher(asio::io_context& context, config::ModuleKind kind, const Options& options,
                   const config::Environment& environment, const Variables& variables,
                   LineRelay& relay, log::Logger logger)
    : context_(context),
      kind_(kind),
      options_(options),
      environment_(environment),
      variables_(variables),
      relay_(relay),
      logger_(std::move(logger)) {}

// An address that cannot be read is one fault of the configuration
// among others: the module's own reading names them all.
asio::awaitable<Error> Launcher::every_fault(StartRequest request, Error of_address) {
  if (of_address.code() != codes::kInvalidConfig) co_return of_address;
  auto judge = spawn(request, {}, -1, -1);
  if (!judge) co_return of_address;
  auto checking = wait_checked(*judge);
  const auto checked = co_await std::move(checking);
  (*judge)->kill();
  co_return checked ? of_address : checked.error();
}

asio::awaitable<Result<void>> Launcher::wait_checked(std::shared_ptr<Child> next) {
  const auto deadline = Deadline::in(options_.start_timeout);
  while (!next->checked() && !next->ended() && !deadline.expired()) {
    auto changing = next->change(deadline);
    co_await std::move(changing);
  }
  if (next->checked() && !next->ended()) co_return Result<void>();
  Error error = failure_of(*next);
  next->kill();
  logger_.error("a module did not start",
                {{"module", Value::string(name_of(kind_))}, {"error", error.to_value()}});
  co_return fail(std::move(error));
}

// The process before has stopped accepting before `next` begins: it says
// so through the baton, without the manager between them.
asio::awaitable<bool> Launcher::take_turn(std::shared_ptr<Child> before,
                                          std::shared_ptr<Child> next, Fd baton) {
  const auto ready_by = Deadline::in(options_.start_timeout);
  bool told = before && !before->ended() && baton &&
              before->tell(order("hand_over", "longest_ms", options_.drain), baton.get());
  baton.reset();
  const auto patience = Deadline::in(kHandOver);
  while (told && !next->ready() && !next->ended()) {
    if (before->ended()) break;
    if (patience.expired()) {
      // It may be stopped in a debugger, or worse: two must not accept.
      if (!before->handed_over()) before->kill();
      break;
    }
    auto changing = before->handed_over() ? next->change(patience) : before->change(patience);
    co_await std::move(changing);
  }
  if (!next->ready() && !next->ended()) (void)next->tell(order("accept"));
  auto waiting = wait_ready(next, ready_by);
  const bool ready = co_await std::move(waiting);
  co_return ready;
}

asio::awaitable<bool> Launcher::wait_ready(std::shared_ptr<Child> next, Deadline deadline) {
  while (!next->ready() && !next->ended() && !deadline.expired()) {
    auto changing = next->change(deadline);
    co_await std::move(changing);
  }
  co_return next->ready() && !next->ended();
}

// The module's own reading judges the whole; here only the address is wanted.
std::string Launcher::wanted_address(const StartRequest& request) const {
  auto usual = config::CommonConfig(kind_).bind_address;
  const auto file = environment_.exe_dir + "/../config/genvm-module-" + name_of(kind_) + ".yaml";
  auto document = request.config ? config::parse_document(*request.config, "config")
                                 : config::read_document(file);
  if (!document.root) return usual;
  config::expand_strings(document, file, environment_);
  const auto* entry = document.root->find("bind_address");
  if (entry == nullptr) return usual;
  if (entry->value->kind == config::Node::Kind::scalar) return entry->value->text;
  if (entry->value->kind != config::Node::Kind::null) return usual;
  // Nobody but executors of this manager: attach-executor finds it in /status.
  const char* folder = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  return fmt::format("unix://{}/genvm-modules-{}-{}.sock", folder == nullptr ? "/tmp" : folder,
                     ::getpid(), name_of(kind_));
}

Result<std::shared_ptr<Child>> Launcher::spawn(const StartRequest& request,
                                               const std::string& log_level, int listen_fd,
                                               int baton_fd) {
  ChildSpec spec;
  spec.program = options_.program_dir + "/genvm-" + name_of(kind_);
  spec.listen_fd = listen_fd;
  spec.baton_fd = baton_fd;
  spec.variables = variables_.for_a_child();
  Fd config_file;
  if (request.config) {
    config_file = config_file_of(*request.config);
    if (!config_file)
      return fail(codes::kModuleStartFailed, Fatality::fatal, "no memory for the configuration");
    spec.config_fd = config_file.get();
  }
  if (options_.die_with_parent) spec.arguments.emplace_back("--die-with-parent");
  if (request.allow_empty_backends && kind_ == config::ModuleKind::llm)
    spec.arguments.emplace_back("--allow-empty-backends");
  if (request.user_error) spec.arguments.emplace_back("--user-error");
  spec.arguments.insert(spec.arguments.end(), {"--log-format", options_.log_format});
  if (!log_level.empty()) spec.arguments.insert(spec.arguments.end(), {"--log-level", log_level});
  return Child::start(context_, spec, relay_);
}

}  // namespace gvm::manager
