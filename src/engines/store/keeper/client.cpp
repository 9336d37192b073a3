#include "store/keeper/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>
#include <unordered_map>

#include "base/deadline.h"
#include "control/channel.h"
#include "launch/starter.h"
#include "store/codes.h"
#include "store/keeper/messages.h"
#include "store/keeper/pipe.h"
#include "store/keeper/place.h"
#include "store/one_shot.h"
#include "store/query_thread.h"
#include "store/sqlite/folder_lock.h"
#include "store/sqlite/reader.h"
#include "text/json_view.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX names no header

namespace gvm::store::keeper {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kComesUp{15'000};               // a keeper, its recovery included
constexpr timeval kHello{.tv_sec = 15, .tv_usec = 0};  // it may recover what a crash has left
constexpr milliseconds kTryAgain{20};
constexpr milliseconds kStartAgain{1'000};
constexpr milliseconds kReconnect{500};
constexpr milliseconds kLastSync{10'000};  // of close()

// It lives on when this process ends, as others may use the ledger.
void start_keeper(const std::string& program, const LedgerOptions& options) {
  launch::Command command{.program = program, .arguments = keeper_arguments(options)};
  for (char** variable = environ; *variable != nullptr; ++variable)
    command.environment.emplace_back(*variable);
  (void)launch::start(command);
}

// A connection whose keeper has said hello.
Result<Fd> reach_keeper(const LedgerOptions& options, const std::string& program) {
  auto place = place_of(options.folder);
  if (!place) return fail(std::move(place).error());
  const auto deadline = Deadline::in(kComesUp);
  auto start_at = Clock::now();
  while (!deadline.expired()) {
    auto fd = connect_to(*place);
    if (fd) {
      (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kHello, sizeof kHello);
      auto hello = control::receive_now(fd.get());
      if (hello) {
        const Value* word = hello->body.find("hello");
        if (word != nullptr && word->as_bool() != nullptr) return fd;
        return fail(error_of(word));
      }
    } else if (Clock::now() >= start_at) {
      start_at = Clock::now() + kStartAgain;
      start_keeper(program, options);
    }
    std::this_thread::sleep_for(kTryAgain);
  }
  // Somebody who is no keeper may hold it.
  if (auto lock = sqlite::FolderLock::take(options.folder); !lock)
    return fail(std::move(lock).error());
  return fail(codes::kLedgerUnavailable, Fatality::fatal, "the keeper of the ledger did not start");
}

class KeptLedger final : public Ledger,
                         public Reservation::Sink,
                         public std::enable_shared_from_this<KeptLedger> {
 public:
  KeptLedger(LedgerOptions options, std::string program, Fd connection, log::Logger logger)
      : options_(std::move(options)),
        program_(std::move(program)),
        logger_(std::move(logger)),
        queries_([folder = options_.folder, time = options_.time] {
          return sqlite::open_reader(folder, time);
        }),
        work_(context_.get_executor()) {
    begin(std::move(connection));
    thread_ = std::thread([this] { context_.run(); });
  }
  ~KeptLedger() override { close(); }

  asio::awaitable<Result<Reservation>> reserve(ReserveRequest request) override {
    if (auto ok = check(request.worst); !ok) co_return fail(std::move(ok).error());
    auto shot = std::make_shared<OneShot<Reservation>>(co_await asio::this_coro::executor);
    Value question = message("reserve");
    question.as_map()->set("charges", to_value(request.charges));
    question.as_map()->set("worst", to_value(request.worst));
    question.as_map()->set("info", to_value(request.info));
    auto call = std::make_shared<ReservedCall>();
    call->worst = std::move(request.worst);
    call->info = std::move(request.info);
    auto asked = std::make_shared<Value>(std::move(question));
    asio::post(context_, [this, asked, shot, call] {
      send_question(std::move(*asked), [this, shot, call](Result<Value> answer) {
        OneShot<Reservation>::answer(shot, reservation_of(std::move(answer), std::move(*call)));
      });
    });
    auto waiting = OneShot<Reservation>::wait(shot);
    auto reserved = co_await std::move(waiting);
    const bool lost = !reserved && reserved.error().code() == codes::kLedgerUnavailable;
    if (lost && options_.when_broken == WhenBroken::proceed) co_return Reservation();
    co_return reserved;
  }

  void end_session(const std::string& session) override {
    Value out = message("end_session");
    out.as_map()->set("session", Value::string(session));
    tell(std::move(out));
  }
  void put_record(RecordToWrite record) override {
    auto shared = std::make_shared<RecordToWrite>(std::move(record));
    asio::post(context_, [this, shared] {
      Value out = message("record");
      out.as_map()->set("record", Value::string(shared->id));
      out.as_map()->set("made_ms", Value::integer(shared->made_ms));
      out.as_map()->set("text", Value::string(shared->text()));
      (void)pipe_->post(out);
    });
  }
  asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id) override {
    return queries_.record(std::move(id));
  }
  asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query) override {
    return queries_.usage(std::move(query));
  }
  asio::awaitable<Result<std::vector<Balance>>> balances(std::vector<BudgetPtr> budgets) override {
    return queries_.balances(std::move(budgets));
  }

  // Of the last time that somebody asked.
  LedgerStats stats() override {
    asio::post(context_, [this] { send_question(message("stats"), nullptr); });
    const std::lock_guard lock(mutex_);
    return stats_;
  }
  const RecoveryReport& recovery() const override { return recovery_; }

  // Everything has reached the keeper, whose journal has it.
  bool flush(milliseconds longest) override {
    auto synced = std::make_shared<std::promise<void>>();
    auto done = synced->get_future();
    asio::post(context_, [this, synced] {
      send_question(message("sync"), [synced](const Result<Value>&) { synced->set_value(); });
    });
    return done.wait_for(longest) == std::future_status::ready;
  }
  void close() override {
    if (closed_.exchange(true)) return;
    queries_.stop();
    (void)flush(kLastSync);
    context_.stop();
    if (thread_.joinable()) thread_.join();
    pipe_->close();
  }

  void settle(ReservedCall reserved, Settlement settlement) noexcept override {
    Value out = message("settle");
    out.as_map()->set("number", Value::string(std::to_string(reserved.number)));
    out.as_map()->set("settlement", to_value(settlement));
    tell(std::move(out));
  }
  void release(ReservedCall reserved) noexcept override {
    Value out = message("release");
    out.as_map()->set("number", Value::string(std::to_string(reserved.number)));
    tell(std::move(out));
  }
  std::string id_of(std::uint64_t number) const override { return std::to_string(number); }

 private:
  using Then = std::function<void(Result<Value>)>;

  static Value message(const char* what) { return Value::object({{"do", Value::string(what)}}); }

  void tell(Value out) {
    auto shared = std::make_shared<Value>(std::move(out));
    asio::post(context_, [this, shared] { (void)pipe_->post(*shared); });
  }

  // The rest is of the ledger's thread.
  // Nobody may await it any more: then it is released where it is dropped.
  Result<Reservation> reservation_of(Result<Value> answer, ReservedCall call) {
    if (!answer) return fail(std::move(answer).error());
    const auto number = Integer::parse(text::string_at(*answer, "/number").value_or(""));
    call.number = number ? number->to_u64().value_or(0) : 0;
    auto warnings = warnings_of(answer->find("warnings"));
    Reservation reservation(shared_from_this(), std::move(call),
                            warnings ? std::move(*warnings) : std::vector<Excess>());
    if (!warnings) return fail(std::move(warnings).error());
    return reservation;
  }

  void send_question(Value question, Then then) {
    const auto id = ++last_question_;
    question.as_map()->set("id", Value::integer(static_cast<std::int64_t>(id)));
    if (!pipe_->post(question)) {
      if (then) then(lost());
      return;
    }
    waiting_.emplace(id, std::move(then));
  }

  static std::unexpected<Error> lost() {
    return fail(codes::kLedgerUnavailable, Fatality::fatal, "the keeper of the ledger is gone");
  }

  void begin(Fd connection) {
    pipe_ = std::make_shared<Pipe>(context_, std::move(connection));
    asio::co_spawn(context_, hear(pipe_), asio::detached);
  }

  asio::awaitable<void> hear(std::shared_ptr<Pipe> pipe) {
    for (;;) {
      auto receiving = pipe->receive();
      auto answer = co_await std::move(receiving);
      if (!answer) break;
      take(std::move(*answer));
    }
    pipe->close();
    for (auto& [id, then] : std::exchange(waiting_, {}))
      if (then) then(lost());
    logger_.error("the keeper of the ledger is gone; it is started again");
    auto returning = come_back();
    co_await std::move(returning);
  }

  // Calls in flight are charged by the next keeper at their worst case, as after a crash.
  asio::awaitable<void> come_back() {
    asio::steady_timer pause(context_);
    while (!closed_) {
      pause.expires_after(kReconnect);
      (void)co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      auto connection = reach_keeper(options_, program_);
      if (!connection) continue;
      logger_.info("a keeper of the ledger is there again");
      begin(std::move(*connection));
      co_return;
    }
  }

  void take(Value answer) {
    const auto id = text::integer_at(answer, "/id").value_or(0);
    auto found = waiting_.extract(static_cast<std::uint64_t>(id));
    if (found.empty()) return;
    Value* ok = answer.as_map()->find("ok");
    if (!found.mapped()) {  // statistics
      const std::lock_guard lock(mutex_);
      stats_ = stats_of(ok);
      return;
    }
    if (ok != nullptr)
      found.mapped()(std::move(*ok));
    else
      found.mapped()(fail(error_of(answer.find("error"))));
  }

  LedgerOptions options_;
  std::string program_;
  log::Logger logger_;
  RecoveryReport recovery_;
  QueryThread queries_;
  std::mutex mutex_;
  LedgerStats stats_;
  std::atomic<bool> closed_{false};
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::shared_ptr<Pipe> pipe_;
  std::unordered_map<std::uint64_t, Then> waiting_;
  std::uint64_t last_question_ = 0;
  std::thread thread_;
};

}  // namespace

std::vector<std::string> keeper_arguments(const LedgerOptions& options) {
  std::vector<std::string> arguments = {"ledger-keeper",
                                        "--folder",
                                        options.folder.string(),
                                        "--keep-calls-hours",
                                        std::to_string(options.keep_calls.count()),
                                        "--keep-records-hours",
                                        std::to_string(options.keep_records.count())};
  if (options.when_broken == WhenBroken::proceed) arguments.emplace_back("--proceed");
  return arguments;
}

Result<std::shared_ptr<Ledger>> open_kept_ledger(LedgerOptions options, std::string program,
                                                 log::Logger logger) {
  auto connection = reach_keeper(options, program);
  if (!connection) return fail(std::move(connection).error());
  return std::make_shared<KeptLedger>(std::move(options), std::move(program),
                                      std::move(*connection), std::move(logger));
}

}  // namespace gvm::store::keeper
