#include "store/sqlite/ledger.h"

#include <optional>

#include "files/own_files.h"
#include "store/codes.h"
#include "store/query_thread.h"
#include "store/sqlite/folder_lock.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/recovery.h"
#include "store/sqlite/writer.h"

namespace gvm::store::sqlite {
namespace {

constexpr std::chrono::seconds kLastFlush{10};  // of close()

class SqliteLedger final : public Ledger,
                           public Reservation::Sink,
                           public std::enable_shared_from_this<SqliteLedger> {
 public:
  SqliteLedger(LedgerOptions options, FolderLock lock, log::Logger logger)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        logger_(std::move(logger)),
        health_(logger_),
        accounts_(options_.time, options_.most_accounts),
        queries_([folder = options_.folder, time = options_.time] {
          return open_reader(folder, time);
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

  void settle(ReservedCall reserved, Settlement settlement) noexcept override;
  void release(ReservedCall reserved) noexcept override;
  std::string id_of(std::uint64_t number) const override { return std::to_string(number); }

 private:
  Result<Reservation> reserve_now(ReserveRequest request);
  Result<void> ready() const;
  Result<std::uint32_t> write_down(const ReservedCall& reserved);
  void write_down(SettledCall& call);
  void append(const std::string& record);
  void report() const;

  LedgerOptions options_;
  FolderLock lock_;
  log::Logger logger_;
  LedgerHealth health_;
  LedgerCounters counters_;
  Accounts accounts_;
  RecoveryReport recovery_;
  std::atomic<std::uint64_t> last_number_{0};
  std::atomic<bool> closed_{false};
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Writer> writer_;
  QueryThread queries_;
};

// Reused by every record of a thread.
std::string& scratch() {
  thread_local std::string text;
  text.clear();
  return text;
}

Result<void> SqliteLedger::start() {
  auto store = Store::open(options_.folder / files::kLedgerFile);
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
  writer_ = std::make_unique<Writer>(
      std::move(*store), options_,
      Writer::Parts{*journal_, accounts_, health_, counters_, last_number_});
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
  if (options_.when_broken == WhenBroken::proceed) return {};
  if (health_.failing()) {
    if (auto error = health_.error()) return fail(std::move(*error));
  }
  if (writer_->backlog() >= options_.most_backlog)
    return fail(codes::kLedgerUnavailable, Fatality::fatal,
                std::to_string(writer_->backlog()) + " settled calls wait for the ledger's disk");
  return {};
}

// segment of the journal; 0 when it could not be written and the call is made nevertheless
Result<std::uint32_t> SqliteLedger::write_down(const ReservedCall& reserved) {
  auto& record = scratch();
  write_record(record, reserved);
  auto segment = journal_->begin(record);
  if (segment) return segment;
  health_.failed(segment.error());
  writer_->notice();
  if (options_.when_broken == WhenBroken::refuse) return segment;
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
  ReservedCall reserved{.number = ++last_number_,
                        .made_ms = made->time_ms,
                        .segment = 0,
                        .worst = std::move(request.worst),
                        .info = std::move(request.info),
                        .charges = std::move(made->charges)};
  const auto segment = write_down(reserved);
  if (!segment) {
    accounts_.release(reserved);
    return fail(segment.error());
  }
  reserved.segment = *segment;
  counters_.reserved.add();
  writer_->notice();
  return Reservation(shared_from_this(), std::move(reserved), std::move(made->warnings));
}

asio::awaitable<Result<Reservation>> SqliteLedger::reserve(ReserveRequest request) {
  co_return reserve_now(std::move(request));
}

void SqliteLedger::append(const std::string& record) {
  if (auto ok = journal_->append(record); !ok) health_.failed(ok.error());
}

void SqliteLedger::settle(ReservedCall reserved, Settlement settlement) noexcept {
  accounts_.settle(reserved, settlement.actual);
  counters_.settled.add();
  if (reserved.segment == 0) settlement.flags |= flags::kUnreserved;
  SettledCall call{std::move(reserved), std::move(settlement), accounts_.now_ms()};
  write_down(call);
  writer_->push(std::move(call));
}

// A call that could not be reserved in the journal is written there as a whole at its end.
void SqliteLedger::write_down(SettledCall& call) {
  auto& record = scratch();
  const bool begins = call.reserved.segment == 0;
  if (begins) write_record(record, call.reserved);
  write_record(record, SettleRecord{call.reserved.number, call.settled_ms, call.settlement});
  if (!begins) return append(record);
  const auto segment = journal_->begin(record);
  if (segment)
    call.reserved.segment = *segment;
  else
    health_.failed(segment.error());
}

void SqliteLedger::release(ReservedCall reserved) noexcept {
  accounts_.release(reserved);
  counters_.released.add();
  if (reserved.segment == 0) return;
  auto& record = scratch();
  write_record(record, ReleaseRecord{reserved.number});
  append(record);
  journal_->finish(reserved.segment);
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
  stats.backlog = writer_->backlog() + writer_->deferred();
  stats.failures = health_.failures();
  stats.accounts = accounts_.size();
  stats.journal_bytes = journal_->bytes();
  stats.clock_behind_ms = accounts_.wall_behind_ms();
  if (const auto error = health_.error()) stats.alarm = error->to_string();
  return stats;
}

void SqliteLedger::close() {
  if (closed_.exchange(true) || writer_ == nullptr) return;
  queries_.stop();
  (void)writer_->flush(kLastFlush);
  writer_->stop();
}

}  // namespace

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger) {
  auto lock = FolderLock::take(options.folder);
  if (!lock) return fail(std::move(lock.error()));
  auto ledger =
      std::make_shared<SqliteLedger>(std::move(options), std::move(*lock), std::move(logger));
  if (auto ok = ledger->start(); !ok) return fail(std::move(ok.error()));
  return ledger;
}

}  // namespace gvm::store::sqlite
