#pragma once
// One connection to PostgreSQL, driven by libpq without blocking. It belongs to one io_context with
// one thread, and runs one query at a time.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/secret.h"

struct pg_conn;
struct pg_result;

namespace gvm::store::postgres {

namespace asio = boost::asio;

using Rows = std::vector<std::vector<std::string>>;  // as text; null is empty

struct Question {
  std::string sql;
  std::vector<std::string> parameters = {};  // $1, $2, ...
};

class Connection {
 public:
  explicit Connection(asio::io_context& context) : socket_(context), timer_(context) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // LEDGER_UNAVAILABLE; INVALID_CONFIG when url::parse_database_address() refuses the address, or
  // for a key that libpq does not know.
  asio::awaitable<Result<void>> connect(Secret address, Deadline deadline);
  // Without parameters, several statements may follow one another; the rows are those of the last
  // one. LEDGER_UNAVAILABLE when the connection broke, was too slow (it is then closed), or the
  // server asks to repeat the query; LEDGER_DISK_FULL, LEDGER_READ_ONLY, LEDGER_CORRUPT; INTERNAL
  // for statements that the server does not accept.
  asio::awaitable<Result<Rows>> ask(Question question, Deadline deadline);

  bool alive() const { return connection_ != nullptr; }
  void close();
  // A query under way fails.
  void interrupt();

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  enum class For { reading, writing };
  asio::awaitable<bool> wait(For what, Deadline deadline);
  Result<void> start(const Secret& address);
  Result<void> send(const Question& question);
  asio::awaitable<Result<void>> flush(Deadline deadline);
  // Null when there is no further result.
  asio::awaitable<Result<pg_result*>> next_result(Deadline deadline);
  std::unexpected<Error> lost(std::string_view what);

  std::unique_ptr<pg_conn, Finish> connection_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  std::uint64_t waits_ = 0;
};

}  // namespace gvm::store::postgres
