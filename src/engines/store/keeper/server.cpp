#include "store/keeper/server.h"

#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>

#include "store/keeper/messages.h"
#include "store/keeper/pipe.h"
#include "store/keeper/place.h"
#include "store/sqlite/ledger.h"
#include "text/json_view.h"

namespace gvm::store::keeper {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

class Keeper : public std::enable_shared_from_this<Keeper> {
 public:
  Keeper(asio::io_context& context, KeeperOptions options, Fd listener,
         Result<std::shared_ptr<Ledger>> ledger, log::Logger logger)
      : context_(context),
        options_(std::move(options)),
        listener_(context, listener.release()),
        idle_(context),
        ledger_(std::move(ledger)),
        logger_(std::move(logger)) {}

  void start() {
    end_after(options_.first_user);
    asio::co_spawn(context_, accept_all(shared_from_this()), asio::detached);
  }

 private:
  using Self = std::shared_ptr<Keeper>;
  struct User {
    std::shared_ptr<Pipe> pipe;
    std::unordered_map<std::string, Reservation> open;  // by number
  };

  void end_after(std::chrono::milliseconds span) {
    idle_.expires_after(span);
    idle_.async_wait([this](const boost::system::error_code& error) {
      if (!error && users_ == 0) context_.stop();
    });
  }

  static asio::awaitable<void> accept_all(Self self) {
    for (;;) {
      const auto [error] =
          co_await self->listener_.async_wait(asio::posix::descriptor_base::wait_read, kToken);
      if (error) co_return;
      Fd fd(::accept4(self->listener_.native_handle(), nullptr, nullptr,
                      SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!fd || !is_trusted(fd.get())) continue;
      asio::co_spawn(self->context_, serve(self, std::move(fd)), asio::detached);
    }
  }

  static asio::awaitable<void> serve(Self self, Fd fd) {
    ++self->users_;
    auto user = std::make_unique<User>();
    user->pipe = std::make_shared<Pipe>(self->context_, std::move(fd));
    (void)user->pipe->post(self->greeting());
    for (;;) {
      auto receiving = user->pipe->receive();
      auto message = co_await std::move(receiving);
      if (!message || !self->ledger_) break;
      auto taking = self->take(*user, std::move(*message));
      co_await std::move(taking);
    }
    user->pipe->close();
    if (!user->open.empty())
      self->logger_.warn(
          "a user of the ledger has gone: its calls in flight are charged at their worst case",
          {{"in_flight", Value::integer(static_cast<std::int64_t>(user->open.size()))}});
    for (auto& [number, reservation] : user->open) reservation.settle_unknown({});
    user->open.clear();
    if (--self->users_ == 0) self->end_after(self->options_.linger);
  }

  Value greeting() const {
    return Value::object({{"hello", ledger_ ? Value::boolean(true) : ledger_.error().to_value()}});
  }

  asio::awaitable<void> take(User& user, Value message) {
    const auto what = text::string_at(message, "/do").value_or("");
    if (what == "reserve") {
      auto reserving = reserve(user, message);
      co_await std::move(reserving);
    } else if (what == "settle" || what == "release") {
      end_call(user, message, what == "settle");
    } else if (what == "end_session") {
      (*ledger_)->end_session(std::string(text::string_at(message, "/session").value_or("")));
    } else if (what == "record") {
      RecordToWrite record;
      record.id = text::string_at(message, "/record").value_or("");
      record.made_ms = text::integer_at(message, "/made_ms").value_or(0);
      record.text = [text = std::string(text::string_at(message, "/text").value_or(""))]() mutable {
        return std::move(text);
      };
      (*ledger_)->put_record(std::move(record));
    } else if (what == "stats") {
      answer(user, message, "ok", to_value((*ledger_)->stats()));
    } else if (what == "sync") {
      answer(user, message, "ok", Value::boolean(true));
    }
  }

  asio::awaitable<void> reserve(User& user, const Value& message) {
    auto charges = charges_of(message.find("charges"));
    auto worst = amounts_of(message.find("worst"));
    auto info = info_of(message.find("info"));
    for (const Error* error : {charges ? nullptr : &charges.error(),
                               worst ? nullptr : &worst.error(), info ? nullptr : &info.error()}) {
      if (error == nullptr) continue;
      answer(user, message, "error", error->to_value());
      co_return;
    }
    ReserveRequest request{std::move(*charges), std::move(*worst), std::move(*info)};
    auto reserving = (*ledger_)->reserve(std::move(request));
    auto reserved = co_await std::move(reserving);
    if (!reserved) {
      answer(user, message, "error", reserved.error().to_value());
      co_return;
    }
    auto number = reserved->id();
    answer(user, message, "ok",
           Value::object(
               {{"number", Value::string(number)}, {"warnings", to_value(reserved->warnings())}}));
    user.open.emplace(std::move(number), std::move(*reserved));
  }

  // What is unknown here belongs to a keeper before this one, which has charged it.
  static void end_call(User& user, const Value& message, bool settled) {
    auto found = user.open.extract(std::string(text::string_at(message, "/number").value_or("")));
    if (found.empty()) return;
    auto settlement = settlement_of(message.find("settlement"));
    if (!settled)
      found.mapped().release();
    else if (settlement)
      found.mapped().settle(std::move(*settlement));
    else
      found.mapped().settle_unknown({});
  }

  static void answer(User& user, const Value& question, std::string_view key, Value value) {
    const Value* id = question.find("id");
    Value::Map out;
    out.set("id", id == nullptr ? Value::null() : *id);
    out.set(key, std::move(value));
    (void)user.pipe->post(Value::map(std::move(out)));
  }

  asio::io_context& context_;
  const KeeperOptions options_;
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> listener_;
  asio::steady_timer idle_;
  std::size_t users_ = 0;
  Result<std::shared_ptr<Ledger>> ledger_;
  log::Logger logger_;
};

}  // namespace

int run_keeper(KeeperOptions options, log::Logger logger) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, SIG_IGN);  // Control-C is for its users; it ends after the last one
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write
  auto place = place_of(options.ledger.folder);
  if (!place) return 1;
  auto listener = listen_at(*place);
  if (!listener) return 0;
  auto ledger = sqlite::open_ledger(options.ledger, logger);
  if (!ledger) logger.error("no ledger to keep", {{"error", ledger.error().to_value()}});
  std::shared_ptr<Ledger> opened = ledger ? *ledger : nullptr;
  {
    asio::io_context context(1);
    std::make_shared<Keeper>(context, std::move(options), std::move(listener), std::move(ledger),
                             logger)
        ->start();
    context.run();
  }
  if (opened) opened->close();
  logger.flush();
  return 0;
}

}  // namespace gvm::store::keeper
