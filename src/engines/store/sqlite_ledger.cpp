#include "store/sqlite_ledger.h"

#include <optional>

#include "base/error_codes.h"
#include "store/folder_lock.h"
#include "store/query_thread.h"
#include "store/sqlite_reader.h"
#include "store/sqlite_recovery.h"
#include "store/sqlite_writer.h"

namespace gvm::store {
namespace {

constexpr std::chrono::seconds kLastFlush{10};  // of close()

class SqliteLedger final : public Ledger,
                           public Reservation::Book,
                           public std::enable_shared_from_this<SqliteLedger> {
 public:
  SqliteLedger(LedgerOptions options, FolderLock lock, log::Logger logger)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        logger_(std::move(logger)),
        trouble_(logger_),
        accounts_(options_.time, options_.most_accounts),
        queries_([folder = options_.folder, time = options_.time] {
          return open_sqlite_reader(folder, time);
        }) {}
  ~SqliteLedger() override { close(); }

  Result<void> start();

  asio::awaitable<Result<Reservation>> reserve(ReserveRequest request) override;
  void end_session(const std::string& session) override { accounts_.end_session(session); }
  void put_record(RecordToWrite record) override;
  asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id) override {
    return queries_.record(std::move(id));
  }
  asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query) override {
    return queries_.usage(std::move(query));
  }
  asio::awaitable<Result<std::vector<Balance>>> balances(std::vector<BudgetPtr> budgets) override;
  LedgerStats stats() override;
  const RecoveryReport& recovery() const override { return recovery_; }
  bool flush(std::chrono::milliseconds longest) override { return writer_->flush(longest); }
  void close() override;

  void settle(Held held, Settlement settlement) noexcept override;
  void release(Held held) noexcept override;
  std::string id_of(std::uint64_t number) const override { return std::to_string(number); }

 private:
  Result<Reservation> reserve_now(ReserveRequest request);
  Result<void> ready() const;
  Result<std::uint32_t> write_down(const Held& held);
  void append(const std::string& record);
  void report() const;

  LedgerOptions options_;
  FolderLock lock_;
  log::Logger logger_;
  Trouble trouble_;
  LedgerCounters counters_;
  Accounts accounts_;
  RecoveryReport recovery_;
  std::atomic<std::uint64_t> last_number_{0};
  std::atomic<bool> closed_{false};
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<SqliteWriter> writer_;
  QueryThread queries_;
};

// Reused by every record of a thread.
std::string& scratch() {
  thread_local std::string text;
  text.clear();
  return text;
}

Result<void> SqliteLedger::start() {
  auto store = SqliteStore::open(options_.folder / "ledger.db");
  if (!store) return fail(std::move(store.error()));
  auto recovered = recover(*store, options_.folder);
  if (!recovered) return fail(std::move(recovered.error()));
  recovery_ = std::move(recovered->report);
  last_number_ = recovered->last_number;
  accounts_.start_at(recovered->last_ms);
  if (auto ok = store->load(accounts_, accounts_.now_ms()); !ok) return ok;
  auto journal = Journal::create(options_.folder, recovered->next_segment, options_.segment_bytes,
                                 options_.disk);
  if (!journal) return fail(std::move(journal.error()));
  journal_ = std::move(*journal);
  writer_ = std::make_unique<SqliteWriter>(
      std::move(*store), options_,
      SqliteWriter::Parts{*journal_, accounts_, trouble_, counters_, last_number_});
  report();
  return {};
}

void SqliteLedger::report() const {
  if (recovery_.in_flight == 0 && recovery_.settled == 0) return;
  const auto count = [](std::uint64_t n) { return Value::integer(Integer::from_u64(n)); };
  logger_.warn("the ledger was not closed: calls in flight are charged at their worst case",
               {{"in_flight", count(recovery_.in_flight)}, {"settled", count(recovery_.settled)}});
  for (const auto& call : recovery_.named) {
    logger_.warn("charged a call that was in flight",
                 {{"id", count(call.number)},
                  {"backend", Value::string(call.info.backend)},
                  {"model", Value::string(call.info.model)},
                  {"nano_usd", Value::integer(call.charged.nano_usd)}});
  }
}

Result<void> SqliteLedger::ready() const {
  if (closed_) return fail(codes::kLedgerUnavailable, Fatality::fatal, "the ledger is closed");
  if (options_.on_trouble == OnTrouble::proceed) return {};
  if (trouble_.on()) {
    if (auto error = trouble_.error()) return fail(std::move(*error));
  }
  if (writer_->backlog() >= options_.most_backlog)
    return fail(codes::kLedgerUnavailable, Fatality::fatal,
                std::to_string(writer_->backlog()) + " settled calls wait for the ledger's disk");
  return {};
}

// The journal's segment; 0 when it could not be written and calls are made all the same.
Result<std::uint32_t> SqliteLedger::write_down(const Held& held) {
  auto& record = scratch();
  write_record(record, held);
  auto segment = journal_->begin(record);
  if (segment) return segment;
  trouble_.set(segment.error());
  writer_->notice();
  if (options_.on_trouble == OnTrouble::refuse) return segment;
  counters_.unreserved.add();
  return 0U;
}

Result<Reservation> SqliteLedger::reserve_now(ReserveRequest request) {
  if (auto ok = check(request.worst); !ok) return fail(std::move(ok.error()));
  if (auto ok = ready(); !ok) return fail(std::move(ok.error()));
  auto made = accounts_.reserve(request.charges, request.worst, request.info.session);
  if (!made) {
    counters_.refused.add();
    return fail(std::move(made.error()));
  }
  Held held{.number = ++last_number_,
            .made_ms = made->time_ms,
            .segment = 0,
            .worst = std::move(request.worst),
            .info = std::move(request.info),
            .charges = std::move(made->charges)};
  const auto segment = write_down(held);
  if (!segment) {
    accounts_.release(held);
    return fail(segment.error());
  }
  held.segment = *segment;
  counters_.reserved.add();
  writer_->notice();
  return Reservation(shared_from_this(), std::move(held), std::move(made->warnings));
}

asio::awaitable<Result<Reservation>> SqliteLedger::reserve(ReserveRequest request) {
  co_return reserve_now(std::move(request));
}

void SqliteLedger::append(const std::string& record) {
  if (auto ok = journal_->append(record); !ok) trouble_.set(ok.error());
}

void SqliteLedger::settle(Held held, Settlement settlement) noexcept {
  accounts_.settle(held, settlement.actual);
  counters_.settled.add();
  if (held.segment == 0) settlement.flags |= flags::kUnreserved;
  Settled call{std::move(held), std::move(settlement), accounts_.now_ms()};
  auto& record = scratch();
  if (call.held.segment == 0) write_record(record, call.held);
  write_record(record, SettleRecord{call.held.number, call.settled_ms, call.settlement});
  append(record);
  writer_->push(std::move(call));
}

void SqliteLedger::release(Held held) noexcept {
  accounts_.release(held);
  counters_.released.add();
  if (held.segment == 0) return;
  auto& record = scratch();
  write_record(record, ReleaseRecord{held.number});
  append(record);
  journal_->finish(held.segment);
  writer_->notice();
}

void SqliteLedger::put_record(RecordToWrite record) {
  if (closed_) return counters_.records_dropped.add();
  writer_->push(std::move(record));
}

asio::awaitable<Result<std::vector<Balance>>> SqliteLedger::balances(
    std::vector<BudgetPtr> budgets) {
  co_return accounts_.balances(budgets);
}

LedgerStats SqliteLedger::stats() {
  LedgerStats stats;
  counters_.fill(stats);
  stats.backlog = writer_->backlog();
  stats.troubles = trouble_.count();
  stats.accounts = accounts_.size();
  stats.journal_bytes = journal_->bytes();
  stats.clock_behind_ms = accounts_.wall_behind_ms();
  if (const auto error = trouble_.error()) stats.alarm = error->to_string();
  return stats;
}

void SqliteLedger::close() {
  if (closed_.exchange(true) || writer_ == nullptr) return;
  queries_.stop();
  (void)writer_->flush(kLastFlush);
  writer_->stop();
}

}  // namespace

Result<std::shared_ptr<Ledger>> open_sqlite_ledger(LedgerOptions options, log::Logger logger) {
  auto lock = FolderLock::take(options.folder);
  if (!lock) return fail(std::move(lock.error()));
  auto ledger =
      std::make_shared<SqliteLedger>(std::move(options), std::move(*lock), std::move(logger));
  if (auto ok = ledger->start(); !ok) return fail(std::move(ok.error()));
  return ledger;
}

}  // namespace gvm::store
