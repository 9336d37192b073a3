#include "manager/module.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/utc_text.h"
#include "manager/child_words.h"
#include "manager/codes.h"
#include "serve/codes.h"
#include "text/json_view.h"

namespace gvm::manager {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostRetired = 8;  // further ones: the oldest is told to end
constexpr int kBacklog = 4096;
constexpr unsigned kSocketMode = 0600;
constexpr milliseconds kStopAccepting{5'000};
constexpr milliseconds kFirstBackoff{250};
constexpr milliseconds kLongestBackoff{30'000};
constexpr milliseconds kSound{60'000};  // a process that lived this long starts backoff anew

std::string to_the_second(std::chrono::system_clock::time_point when) {
  return utc_text(
      std::int64_t{std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count()});
}

}  // namespace

ManagedModule::ManagedModule(asio::io_context& context, config::ModuleKind kind,
                             const Options& options, const config::Environment& environment,
                             const Variables& variables, LineRelay& relay, log::Logger logger)
    : context_(context),
      kind_(kind),
      options_(options),
      logger_(logger),
      launcher_(context, kind, options, environment, variables, relay, std::move(logger)),
      turn_(context),
      asked_(context) {}

ManagedModule::~ManagedModule() = default;

// ---------------------------------------------------------------- what hosts ask

asio::awaitable<Result<void>> ManagedModule::start(StartRequest request) {
  auto taking = turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return fail(codes::kManagerBusy, Fatality::fatal, "too many requests wait");
  const HeldTurn held(turn_);
  if (current_) {
    co_return fail(codes::kModuleAlreadyRunning, Fatality::fatal,
                   fmt::format("the {} module runs already", name_of(kind_)));
  }
  auto bringing = bring_up(std::move(request));
  auto result = co_await std::move(bringing);
  co_return result;
}

asio::awaitable<Result<void>> ManagedModule::restart(StartRequest request) {
  auto taking = turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return fail(codes::kManagerBusy, Fatality::fatal, "too many requests wait");
  const HeldTurn held(turn_);
  auto bringing = bring_up(std::move(request));
  auto result = co_await std::move(bringing);
  co_return result;
}

asio::awaitable<Result<void>> ManagedModule::set_log_level(std::string level) {
  auto taking = turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return fail(codes::kManagerBusy, Fatality::fatal, "too many requests wait");
  const HeldTurn held(turn_);
  log_level_ = std::move(level);
  if (!current_) co_return Result<void>();
  StartRequest same = request_;
  auto bringing = bring_up(std::move(same));
  auto result = co_await std::move(bringing);
  co_return result;
}

asio::awaitable<Result<Value>> ManagedModule::reload(std::optional<std::string> config) {
  auto taking = turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return fail(codes::kManagerBusy, Fatality::fatal, "too many requests wait");
  const HeldTurn held(turn_);
  auto reloading = reload_now(std::move(config));
  auto result = co_await std::move(reloading);
  co_return result;
}

asio::awaitable<Result<Value>> ManagedModule::reload_now(std::optional<std::string> config) {
  const auto child = current_;
  if (!child) {
    co_return fail(codes::kModuleNotRunning, Fatality::user,
                   fmt::format("the {} module does not run", name_of(kind_)));
  }
  Fd file;
  if (config) file = config_file_of(*config);
  if (config && !file)
    co_return fail(codes::kModuleReloadFailed, Fatality::fatal, "no memory for the configuration");
  const auto before = child->reloads();
  const auto deadline = Deadline::in(options_.start_timeout);
  if (!child->tell(order("reload"), file.get()))
    co_return fail(codes::kModuleReloadFailed, Fatality::fatal, "the module cannot be told");
  while (child->reloads() == before && !child->ended() && !deadline.expired()) {
    auto changing = child->change(deadline);
    co_await std::move(changing);
  }
  if (child->reloads() == before)
    co_return fail(codes::kModuleReloadFailed, Fatality::fatal, "the module has not answered");
  const Value answer = child->last_reload();
  if (text::string_at(answer, "/result") != "reloaded") co_return fail(refusal_of(answer));
  // A process that comes back after a crash has it, too.
  if (config) request_.config = std::move(config);
  co_return answer;
}

asio::awaitable<Result<bool>> ManagedModule::stop() {
  auto taking = turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return fail(codes::kManagerBusy, Fatality::fatal, "too many requests wait");
  const HeldTurn held(turn_);
  const bool ran = current_ != nullptr || reviving_;
  ++episode_;
  reviving_ = false;
  asked_.set();
  const auto child = std::exchange(current_, nullptr);
  if (child) {
    (void)child->tell(order("hand_over", "longest_ms", milliseconds(0)));
    const auto deadline = Deadline::in(kStopAccepting);
    while (!child->handed_over() && !child->ended() && !deadline.expired()) {
      auto changing = child->change(deadline);
      co_await std::move(changing);
    }
    if (!child->handed_over()) child->kill();
    retire(child);
  }
  listener_.reset();
  listening_on_.clear();
  co_return ran;
}

asio::awaitable<void> ManagedModule::end(milliseconds grace) {
  ++episode_;
  reviving_ = false;
  asked_.set();
  if (current_) retire(std::exchange(current_, nullptr));
  listener_.reset();
  const bool bounded = grace.count() >= 0;
  for (const auto& one : retired_)
    (void)one.child->tell(bounded ? order("stop", "grace_ms", grace) : order("stop"));
  constexpr milliseconds kAfterGrace{150}, kLongest{45'000};
  const auto deadline = Deadline::in(bounded ? grace + kAfterGrace : kLongest);
  const auto all = retired_;
  for (const auto& one : all) {
    while (!one.child->ended() && !deadline.expired()) {
      auto changing = one.child->change(deadline);
      co_await std::move(changing);
    }
    one.child->kill();
  }
}

// ---------------------------------------------------------------- a process replaces another one

// In the turn. Until the last step the process before serves as if nothing were.
asio::awaitable<Result<void>> ManagedModule::bring_up(StartRequest request) {
  auto socket = socket_for(request);
  if (!socket) {
    auto judging = launcher_.every_fault(std::move(request), std::move(socket).error());
    auto error = co_await std::move(judging);
    co_return fail(std::move(error));
  }
  Fd baton, baton_of_next;
  if (current_) std::tie(baton, baton_of_next) = baton_pair();
  auto next = launcher_.spawn(request, log_level_, socket->fd, baton_of_next.get());
  if (!next) co_return fail(std::move(next).error());
  baton_of_next.reset();
  auto checking = launcher_.wait_checked(*next);
  auto checked = co_await std::move(checking);
  if (!checked) co_return checked;
  auto before = current_;
  auto turning = launcher_.take_turn(before, *next, std::move(baton));
  const bool serves = co_await std::move(turning);
  const bool before_serves = before && !before->handed_over() && !before->ended();
  if (!serves) {
    (*next)->kill();
    Error error = failure_of(**next);
    if (before_serves) co_return fail(std::move(error));
    // It may have ended meanwhile, and been noticed.
    if (current_ == before) current_.reset();
    if (before) retire(before);
    request_ = std::move(request);
    if (before) lost(**next);
    co_return fail(std::move(error));
  }
  if (socket->fresh) {
    listener_ = std::move(socket->fresh);
    listening_on_ = socket->address;
  }
  if (before) {
    ++takeovers_;
    retire(before);
  }
  adopt(*next, std::move(request));
  co_return Result<void>();
}

Result<ManagedModule::Socket> ManagedModule::socket_for(const StartRequest& request) {
  Socket socket;
  socket.address = launcher_.wanted_address(request);
  if (!listener_ || socket.address != listening_on_) {
    const auto parsed = serve::parse_listen_address(socket.address);
    if (!parsed) return fail(parsed.error());
    if (parsed->is_inherited())
      return fail(codes::kListenFailed, Fatality::user,
                  "bind_address: under the manager it is an address or null, not fd://N");
    auto opened = serve::Listener::open(nobody_, *parsed, kBacklog, serve::UnixFile{kSocketMode});
    if (!opened) return fail(std::move(opened).error());
    socket.fresh = std::move(*opened);
  }
  auto& listener = socket.fresh ? *socket.fresh : *listener_;
  socket.fd = listener.acceptor().native_handle();
  return socket;
}

// ---------------------------------------------------------------- the life of a process

void ManagedModule::adopt(std::shared_ptr<Child> next, StartRequest request) {
  logger_.info("a module serves", {{"module", Value::string(name_of(kind_))},
                                   {"pid", Value::integer(next->pid())},
                                   {"address", Value::string(address())}});
  ++episode_;  // a backoff that waits for its time has nothing to do any more
  reviving_ = false;
  asked_.set();
  current_ = std::move(next);
  request_ = std::move(request);
  since_ = std::chrono::system_clock::now();
  started_ = Clock::now();
  asio::co_spawn(context_, watch(shared_from_this(), current_), asio::detached);
}

void ManagedModule::retire(std::shared_ptr<Child> child) {
  std::erase_if(retired_, [](const Retired& one) { return one.child->ended(); });
  if (retired_.size() >= kMostRetired) (void)retired_.front().child->tell(order("stop"));
  retired_.push_back({std::move(child), std::chrono::system_clock::now()});
}

asio::awaitable<void> ManagedModule::watch(Self self, std::shared_ptr<Child> child) {
  while (!child->ended()) {
    auto changing = child->change(Deadline::never());
    co_await std::move(changing);
  }
  // One that has handed over may end before its successor is known to serve: bring_up() goes on.
  if (self->current_ != child || child->handed_over()) co_return;
  self->current_.reset();
  self->lost(*child);
}

// Nobody serves, and nobody has asked for that.
void ManagedModule::lost(const Child& child) {
  ++crashes_;
  last_end_ =
      Value::object({{"how", Value::string(child.how_it_ended())},
                     {"when", Value::string(to_the_second(std::chrono::system_clock::now()))},
                     {"last_lines", listed(last_words(child))}});
  logger_.error("a module has ended",
                {{"module", Value::string(name_of(kind_))}, {"end", last_end_}});
  if (Clock::now() - started_ > kSound) backoff_ = milliseconds(0);
  reviving_ = true;
  asio::co_spawn(context_, revive(shared_from_this(), ++episode_), asio::detached);
}

asio::awaitable<void> ManagedModule::revive(Self self, std::uint64_t episode) {
  self->backoff_ = std::clamp(self->backoff_ * 2, kFirstBackoff, kLongestBackoff);
  const auto due = Deadline::in(self->backoff_);
  while (self->episode_ == episode && !due.expired()) {
    auto waiting = self->asked_.wait(due);
    co_await std::move(waiting);
  }
  auto taking = self->turn_.take();
  const bool taken = co_await std::move(taking);
  if (!taken) co_return;
  const HeldTurn held(self->turn_);
  if (self->episode_ != episode) co_return;
  StartRequest same = self->request_;
  auto bringing = self->bring_up(std::move(same));
  const auto result = co_await std::move(bringing);
  if (result || self->episode_ != episode) co_return;
  // Who connects meanwhile is refused at once in place of waiting for nobody.
  self->listener_.reset();
  self->listening_on_.clear();
  asio::co_spawn(self->context_, revive(self, ++self->episode_), asio::detached);
}

// ---------------------------------------------------------------- status

std::string ManagedModule::address() const {
  return listener_ ? listener_->address().to_string() : std::string();
}

Value ManagedModule::status() const {
  Value::Map out;
  out.set("state", Value::string(current_ ? "running" : reviving_ ? "restarting" : "stopped"));
  out.set("address", Value::string(address()));
  out.set("restarts", Value::integer(Integer::from_u64(crashes_)));
  out.set("takeovers", Value::integer(Integer::from_u64(takeovers_)));
  out.set("user_error", Value::boolean(current_ != nullptr && request_.user_error));
  out.set("last_end", last_end_);
  std::int64_t draining = 0;
  for (const auto& one : retired_) draining += one.child->ended() ? 0 : 1;
  out.set("draining", Value::integer(draining));
  if (current_) {
    out.set("pid", Value::integer(current_->pid()));
    out.set("since", Value::string(to_the_second(since_)));
    for (const char* fact : {"version", "admin_address", "lanes", "backends"})
      if (const Value* found = current_->facts().find(fact)) out.set(fact, *found);
  }
  return Value::map(std::move(out));
}

}  // namespace gvm::manager
