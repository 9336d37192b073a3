#include "store/postgres/records_of.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "store/postgres/connection.h"

namespace gvm::store::postgres {
namespace {

constexpr std::chrono::seconds kConnectTimeout{10};
constexpr std::chrono::seconds kAnswerTimeout{30};

asio::awaitable<Result<Rows>> ask(Connection* connection, Secret url, Question question) {
  auto connected = co_await connection->connect(std::move(url), Deadline::in(kConnectTimeout));
  if (!connected) co_return fail(std::move(connected.error()));
  const auto deadline = Deadline::in(kAnswerTimeout);
  auto rows = co_await connection->ask(std::move(question), deadline);
  co_return rows;
}

}  // namespace

Result<std::vector<std::string>> records_of(const Secret& url, const std::string& tx,
                                            std::size_t most, std::size_t searched) {
  Question question;
  question.sql = fmt::format(
      "SELECT record_id, max(made_ms) AS last FROM (SELECT made_ms, tx, record_id FROM gvm_entries "
      "ORDER BY made_ms DESC LIMIT {}) AS newest WHERE tx = $1 AND record_id <> '' GROUP BY "
      "record_id ORDER BY last DESC LIMIT {}",
      searched, most);
  question.parameters = {tx};
  asio::io_context context(1);
  Connection connection(context);
  std::optional<Result<Rows>> outcome;
  asio::co_spawn(context, ask(&connection, url, std::move(question)),
                 [&](const std::exception_ptr& failure, Result<Rows> rows) {
                   if (failure) std::rethrow_exception(failure);
                   outcome.emplace(std::move(rows));
                 });
  context.run();
  if (!*outcome) return fail(std::move(outcome->error()));
  std::vector<std::string> ids;
  for (auto& row : **outcome) ids.push_back(std::move(row[0]));
  return ids;
}

}  // namespace gvm::store::postgres
