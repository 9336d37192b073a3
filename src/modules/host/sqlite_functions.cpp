#include "host/sqlite_functions.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/error_detail.h"
#include "database/database.h"
#include "host/arguments.h"
#include "host/services.h"
#include "host/worker_call.h"

namespace gvm::host {

namespace asio = boost::asio;
using database::Database;

namespace {

constexpr std::size_t kThreads = 4;

// Shared by all sessions of a program.
struct DatabaseService {
  explicit DatabaseService(std::string folder) : data_dir(std::move(folder)), threads(kThreads) {}
  ~DatabaseService() { threads.join(); }
  DatabaseService(const DatabaseService&) = delete;
  DatabaseService& operator=(const DatabaseService&) = delete;

  std::string data_dir;
  asio::thread_pool threads;
};

}  // namespace

// The databases of one session, by the numbers that identify them in its script. On its lane.
class OpenDatabases {
 public:
  static constexpr std::size_t kMost = 16;

  explicit OpenDatabases(std::shared_ptr<DatabaseService> service) : service_(std::move(service)) {}
  // Those that the script left open are closed on a worker thread: a last checkpoint writes, and
  // the lane must not wait for a disk.
  ~OpenDatabases() {
    if (open_.empty()) return;
    asio::post(service_->threads, [open = std::move(open_)]() mutable { open.clear(); });
  }
  OpenDatabases(const OpenDatabases&) = delete;
  OpenDatabases& operator=(const OpenDatabases&) = delete;

  std::optional<std::int64_t> add(std::shared_ptr<Database> database) {
    if (open_.size() >= kMost) return std::nullopt;
    open_.emplace(next_, std::move(database));
    return next_++;
  }
  std::shared_ptr<Database> find(std::int64_t id) const {
    const auto at = open_.find(id);
    return at == open_.end() ? nullptr : at->second;
  }
  std::shared_ptr<Database> take(std::int64_t id) {
    auto found = find(id);
    open_.erase(id);
    return found;
  }

 private:
  std::shared_ptr<DatabaseService> service_;
  std::map<std::int64_t, std::shared_ptr<Database>> open_;
  std::int64_t next_ = 1;
};

namespace {

constexpr std::string_view kLibrary = "lsqlite3";
constexpr std::int64_t kMostRows = 1'000;  // of one step
constexpr std::int64_t kMisuse = 21;       // SQLITE_MISUSE

using Work = std::function<Value(Database&)>;

asio::awaitable<Result<Value>> call(const std::shared_ptr<DatabaseService>& service,
                                    const std::shared_ptr<Database>& database, Work work) {
  return on_worker(
      service->threads,
      [database, work = std::move(work)](const std::atomic<bool>&) { return work(*database); },
      [database] { database->interrupt(); });
}

asio::awaitable<Result<Value>> answer_at_once(Result<Value> answer) {
  co_return answer;
}

Value misuse(std::string message) {
  return Value::fields("code", Value::integer(kMisuse), "message",
                       Value::string(std::move(message)));
}

std::shared_ptr<OpenDatabases> databases_of(const std::shared_ptr<DatabaseService>& service,
                                            script::Session& session) {
  auto* services = dynamic_cast<Services*>(&session.services());
  if (services == nullptr) return nullptr;
  if (!services->databases()) services->databases() = std::make_shared<OpenDatabases>(service);
  return services->databases();
}

std::int64_t integer_at(const Args& args, std::size_t index) {
  const auto* integer = index < args.size() ? args[index].as_integer() : nullptr;
  return integer == nullptr ? -1 : integer->to_i64().value_or(-1);
}

std::string text_at(const Args& args, std::size_t index) {
  return index < args.size() ? std::string(bytes_of(args[index]).value_or("")) : std::string();
}

// The call of a function whose first argument is a database; `work` owns what it needs.
asio::awaitable<Result<Value>> on_database(const std::shared_ptr<DatabaseService>& service,
                                           script::Session& session, const Args& args, Work work) {
  const auto open = databases_of(service, session);
  auto database = open == nullptr ? nullptr : open->find(integer_at(args, 0));
  if (database == nullptr) return answer_at_once(misuse("the database is closed"));
  return call(service, database, std::move(work));
}

// Only looks at the name, on a worker thread, as folders may lie on a slow disk: the file is opened
// by the first statement. The answer has the `file`, or `code` and `message`.
asio::awaitable<Result<Value>> look_for(DatabaseService& service, std::string name) {
  return on_worker(service.threads,
                   [&service, name = std::move(name)](const std::atomic<bool>&) -> Result<Value> {
                     constexpr std::int64_t kCannotOpen = 14;  // SQLITE_CANTOPEN
                     auto file = database::database_file(service.data_dir, name);
                     if (file) return Value::fields("file", Value::string(std::move(*file)));
                     return Value::fields("code", Value::integer(kCannotOpen), "message",
                                          Value::string(std::string(detail_of(file.error()))));
                   });
}

asio::awaitable<Result<Value>> open(std::shared_ptr<DatabaseService> service,
                                    std::shared_ptr<OpenDatabases> open, std::string name,
                                    database::Opening opening) {
  auto looking = look_for(*service, std::move(name));
  auto found = co_await std::move(looking);
  const auto* file = found ? found->find("file") : nullptr;
  if (file == nullptr) co_return found;
  const auto id = open->add(
      std::make_shared<Database>(std::string(*file->as_string()), database::Limits(), opening));
  if (!id) co_return misuse("too many databases are open");
  co_return Value::fields("code", Value::integer(0), "id", Value::integer(Integer(*id)));
}

// From SQLite's flags; without any, as lsqlite3 does. Empty: SQLite refuses them.
std::optional<database::Opening> opening_of(const Args& args, std::size_t index) {
  constexpr std::int64_t kReadOnly = 1, kReadWrite = 2, kCreate = 4;
  if (index >= args.size() || args[index].is_null()) return database::Opening::create;
  const std::int64_t flags = integer_at(args, index);
  if (flags < 0) return std::nullopt;
  if ((flags & kReadWrite) != 0)
    return (flags & kCreate) != 0 ? database::Opening::create : database::Opening::existing;
  if ((flags & kReadOnly) != 0) return database::Opening::read_only;
  return std::nullopt;
}

using Async = script::HostFunction::Async;

Async open_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) {
    auto databases = databases_of(service, session);
    if (databases == nullptr) return answer_at_once(misuse("no database can be opened here"));
    const auto opening = opening_of(args, 1);
    if (!opening) return answer_at_once(misuse("flags: expected OPEN_READONLY or OPEN_READWRITE"));
    return open(service, std::move(databases), text_at(args, 0), *opening);
  };
}

Async exec_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) {
    const bool* keep = args.size() > 2 ? args[2].as_bool() : nullptr;
    const auto rows = keep != nullptr && *keep ? Database::Rows::keep : Database::Rows::drop;
    auto work = [sql = text_at(args, 1), rows, by = session.deadline()](Database& database) {
      return database.exec(sql, rows, by);
    };
    return on_database(service, session, args, std::move(work));
  };
}

Async prepare_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) {
    auto work = [sql = text_at(args, 1), by = session.deadline()](Database& database) {
      return database.prepare(sql, by);
    };
    return on_database(service, session, args, std::move(work));
  };
}

Async step_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) {
    const auto rows =
        static_cast<std::size_t>(std::clamp(integer_at(args, 3), std::int64_t{1}, kMostRows));
    Value bindings = args.size() > 2 ? std::move(args[2]).to_owned() : Value::null();
    auto work = [id = integer_at(args, 1), bindings = std::move(bindings), rows,
                 by = session.deadline()](Database& database) {
      return database.step(id, bindings, rows, by);
    };
    return on_database(service, session, args, std::move(work));
  };
}

Async statement_with(std::shared_ptr<DatabaseService> service,
                     Value (Database::*act)(std::int64_t)) {
  return [service, act](script::Session& session, Args args) {
    auto work = [act, id = integer_at(args, 1)](Database& database) { return (database.*act)(id); };
    return on_database(service, session, args, std::move(work));
  };
}

Async busy_timeout_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) {
    const std::chrono::milliseconds span(std::max(integer_at(args, 1), std::int64_t{0}));
    auto work = [span](Database& database) { return database.set_busy_timeout(span); };
    return on_database(service, session, args, std::move(work));
  };
}

// Closes on a worker thread: a last checkpoint writes.
Async close_with(std::shared_ptr<DatabaseService> service) {
  return [service](script::Session& session, Args args) -> asio::awaitable<Result<Value>> {
    const auto open = databases_of(service, session);
    auto database = open == nullptr ? nullptr : open->take(integer_at(args, 0));
    if (database == nullptr) return answer_at_once(misuse("the database is closed"));
    return call(service, database, [](Database& closing) { return closing.close(); });
  };
}

}  // namespace

void add_sqlite_functions(script::HostTable& table, const std::string& data_dir) {
  const auto service = std::make_shared<DatabaseService>(data_dir);
  const auto add = [&](std::string_view name, std::string_view signature, std::string_view doc,
                       auto function) {
    table.functions.push_back({kLibrary, name, signature, doc, std::move(function)});
  };
  add("open", "fun(name: string, flags: integer?): table",
      "`id` of a database under data_dir, or `code` and `message`; the ledger's files are refused. "
      "Used by require(\"lsqlite3\"), "
      "as the following ones.",
      open_with(service));
  add("exec", "fun(id: integer, sql: string, rows: boolean?): table",
      "Runs all statements of a text; with `rows` answers their rows.", exec_with(service));
  add("prepare", "fun(id: integer, sql: string): table",
      "A statement's `id`, `names`, `parameters`.", prepare_with(service));
  add("step", "fun(id: integer, statement: integer, bindings: table?, count: integer?): table",
      "Binds, and steps at most `count` rows.", step_with(service));
  add("reset", "fun(id: integer, statement: integer): table", "Resets a statement.",
      statement_with(service, &Database::reset));
  add("finalize", "fun(id: integer, statement: integer): table", "Ends a statement.",
      statement_with(service, &Database::finalize));
  add("busy_timeout", "fun(id: integer, ms: integer): table",
      "How long a statement waits for another session's write; 5,000 ms at first, 10,000 at most.",
      busy_timeout_with(service));
  add("close", "fun(id: integer): table", "Closes a database.", close_with(service));
}

}  // namespace gvm::host
