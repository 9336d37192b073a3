#include "store/postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/error_codes.h"
#include "store/codes.h"
#include "url/database_address.h"

namespace gvm::store::postgres {
namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Clear>;

std::string first_line(const char* text) {
  const std::string_view whole(text == nullptr ? "" : text);
  return std::string(whole.substr(0, whole.find('\n')));
}

std::string_view code_of(std::string_view state) {
  if (state == "53100") return codes::kLedgerDiskFull;
  if (state == "25006") return codes::kLedgerReadOnly;
  if (state.starts_with("XX0")) return codes::kLedgerCorrupt;
  // Errors that may disappear: deadlocks, serialisation failures, missing resources, operator
  // intervention, system errors, and a duplicate of the same request that was faster.
  constexpr std::array<std::string_view, 6> kRepeat{"40", "53", "55", "57", "58", "23505"};
  const bool again = std::ranges::any_of(
      kRepeat, [state](std::string_view head) { return state.starts_with(head); });
  return again || state.empty() ? codes::kLedgerUnavailable : codes::kInternal;
}

Error error_of(const PGresult* result) {
  const auto* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const auto* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  return {code_of(state == nullptr ? "" : state), Fatality::fatal,
          fmt::format("the ledger's database: {} ({})", message == nullptr ? "" : message,
                      state == nullptr ? "no state" : state)};
}

Rows rows_of(const PGresult* result) {
  Rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column)
      rows[static_cast<std::size_t>(row)].emplace_back(
          PQgetvalue(result, row, column),
          static_cast<std::size_t>(PQgetlength(result, row, column)));
  }
  return rows;
}

// libpq's message repeats an unknown key, which may be a part of a mistyped password.
bool all_known(const std::vector<url::DatabaseAddress::Parameter>& parameters) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known(PQconndefaults(),
                                                                           &PQconninfoFree);
  if (known == nullptr) return true;
  return std::ranges::all_of(parameters, [&](const auto& parameter) {
    const auto* option = known.get();
    while (option->keyword != nullptr && parameter.keyword != option->keyword) ++option;
    return option->keyword != nullptr;
  });
}

}  // namespace

void Connection::Finish::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

void Connection::close() {
  ++waits_;
  connection_.reset();
}

void Connection::interrupt() {
  if (socket_.is_open()) socket_.cancel();
}

std::unexpected<Error> Connection::lost(std::string_view what) {
  auto reason = first_line(connection_ == nullptr ? "" : PQerrorMessage(connection_.get()));
  close();
  return fail(
      codes::kLedgerUnavailable, Fatality::fatal,
      fmt::format("the ledger's database: {}{}{}", what, reason.empty() ? "" : ": ", reason));
}

// libpq may change its socket while it connects, so the socket is registered anew for each wait.
asio::awaitable<bool> Connection::wait(For what, Deadline deadline) {
  const auto mine = ++waits_;
  if (deadline.expired()) co_return false;
  socket_.assign(PQsocket(connection_.get()));
  timer_.expires_at(deadline.when());
  timer_.async_wait([this, mine](const boost::system::error_code& stopped) {
    if (!stopped && mine == waits_) socket_.cancel();
  });
  const auto event = what == For::reading ? asio::posix::stream_descriptor::wait_read
                                          : asio::posix::stream_descriptor::wait_write;
  const auto [failed] = co_await socket_.async_wait(event, kToken);
  ++waits_;
  timer_.cancel();
  socket_.release();
  co_return !failed;
}

Result<void> Connection::start(const Secret& address) {
  const auto parsed = url::parse_database_address(address.reveal());
  if (!parsed) return fail(parsed.error());
  if (!all_known(parsed->parameters))
    return fail(codes::kInvalidConfig, Fatality::fatal,
                "the address of the database has a key that PostgreSQL does not know");
  std::vector<std::string> values;  // each ends with a zero byte
  values.reserve(parsed->parameters.size());
  std::vector<const char*> keywords, starts;
  for (const auto& [keyword, value] : parsed->parameters) {
    keywords.push_back(keyword.c_str());
    starts.push_back(values.emplace_back(value.reveal()).c_str());
  }
  keywords.push_back(nullptr);
  starts.push_back(nullptr);
  connection_.reset(PQconnectStartParams(keywords.data(), starts.data(), 0));
  for (auto& value : values) ::explicit_bzero(value.data(), value.size());
  if (connection_ == nullptr || PQstatus(connection_.get()) == CONNECTION_BAD)
    return lost("cannot connect");
  return {};
}

asio::awaitable<Result<void>> Connection::connect(Secret address, Deadline deadline) {
  close();
  if (auto started = start(address); !started) co_return started;
  auto wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    const auto what = wanted == PGRES_POLLING_READING ? For::reading : For::writing;
    const bool ready = co_await wait(what, deadline);
    if (!ready) co_return lost("cannot connect in time");
    wanted = PQconnectPoll(connection_.get());
    if (wanted == PGRES_POLLING_FAILED) co_return lost("cannot connect");
  }
  if (PQsetnonblocking(connection_.get(), 1) != 0) co_return lost("cannot connect");
  // Warnings of a server are ignored: standard error belongs to the log.
  PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
  co_return Result<void>();
}

Result<void> Connection::send(const Question& question) {
  std::vector<const char*> values;
  for (const auto& parameter : question.parameters) values.push_back(parameter.c_str());
  const int sent = values.empty() ? PQsendQuery(connection_.get(), question.sql.c_str())
                                  : PQsendQueryParams(connection_.get(), question.sql.c_str(),
                                                      static_cast<int>(values.size()), nullptr,
                                                      values.data(), nullptr, nullptr, 0);
  if (sent != 1) return lost("cannot send");
  return {};
}

asio::awaitable<Result<void>> Connection::flush(Deadline deadline) {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left < 0) co_return lost("connection lost");
    if (left == 0) co_return Result<void>();
    const bool ready = co_await wait(For::writing, deadline);
    if (!ready) co_return lost("no answer in time");
  }
}

asio::awaitable<Result<pg_result*>> Connection::next_result(Deadline deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    const bool ready = co_await wait(For::reading, deadline);
    if (!ready) co_return lost("no answer in time");
    if (PQconsumeInput(connection_.get()) != 1) co_return lost("connection lost");
  }
  co_return PQgetResult(connection_.get());
}

asio::awaitable<Result<Rows>> Connection::ask(Question question, Deadline deadline) {
  if (!alive()) co_return lost("not connected");
  if (auto sent = send(question); !sent) co_return fail(std::move(sent.error()));
  auto flushed = co_await flush(deadline);
  if (!flushed) co_return fail(std::move(flushed.error()));
  Result<Rows> answer = Rows();
  for (;;) {
    auto next = co_await next_result(deadline);
    if (!next) co_return fail(std::move(next.error()));
    const ResultPtr result(*next);
    if (result == nullptr) break;
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) {
      answer = rows_of(result.get());
    } else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
      answer = fail(error_of(result.get()));
    }
    if (PQstatus(connection_.get()) == CONNECTION_BAD) co_return lost("connection lost");
  }
  if (PQstatus(connection_.get()) == CONNECTION_BAD) co_return lost("connection lost");
  co_return answer;
}

}  // namespace gvm::store::postgres
