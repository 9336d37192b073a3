#include "store/postgres/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/error_codes.h"
#include "store/codes.h"
#include "store/ledger_counters.h"
#include "store/one_shot.h"
#include "store/postgres/pool.h"
#include "store/postgres/reader.h"
#include "store/postgres/text.h"
#include "store/query_thread.h"

namespace gvm::store::postgres {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLastFlush{10};     // of close()
constexpr std::chrono::seconds kHopelessFlush{1};  // the same while the database does not respond
constexpr std::chrono::seconds kHousekeeping{10};  // time limit of the housekeeping
constexpr std::chrono::minutes kRecordPatience{1};
constexpr milliseconds kLongestTick{30'000};
constexpr milliseconds kShortestTick{100};

std::string random_instance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

// PostgreSQL's texts can contain every character but this one.
void drop_zeros(std::string& text) {
  std::erase(text, '\0');
}

class PgLedger final : public Ledger,
                       public Reservation::Sink,
                       public std::enable_shared_from_this<PgLedger> {
 public:
  PgLedger(LedgerOptions options, log::Logger logger);
  ~PgLedger() override { close(); }

  asio::awaitable<Result<Reservation>> reserve(ReserveRequest request) override;
  void end_session(const std::string& session) override { sessions_.end_session(session); }
  void put_record(RecordToWrite record) override;
  asio::awaitable<Result<std::optional<DecisionRecord>>> record(std::string id) override {
    return queries_.record(std::move(id));
  }
  asio::awaitable<Result<std::vector<UsageRow>>> usage(UsageQuery query) override {
    return queries_.usage(std::move(query));
  }
  asio::awaitable<Result<std::vector<Balance>>> balances(std::vector<BudgetPtr> budgets) override {
    return queries_.balances(std::move(budgets));
  }
  LedgerStats stats() override;
  const RecoveryReport& recovery() const override { return recovery_; }
  bool flush(milliseconds longest) override { return pool_.flush(longest); }
  void close() override;

  void settle(ReservedCall call, Settlement settlement) noexcept override;
  void release(ReservedCall call) noexcept override;
  std::string id_of(std::uint64_t number) const override {
    return fmt::format("{}-{}", instance_, number);
  }

 private:
  // A reservation that is being written to the database.
  struct Pending {
    ReservedCall call;            // its charges are those to session budgets
    std::vector<Charge> charges;  // all other charges
    std::vector<Excess> warnings;
  };

  Pool::Options pool_options();
  Result<void> ready() const;
  Result<std::shared_ptr<Pending>> prepare(ReserveRequest request);
  Question question_of(const Pending& pending) const;
  // On the pool's thread.
  Result<Reservation> answered(Pending& pending, Result<Rows> rows);
  Reservation unreserved(Pending& pending);
  static Result<Question> insert_of(RecordToWrite record);
  void settled(const Result<Rows>& answer);
  void tick();
  void sweep();

  LedgerOptions options_;
  log::SampledLogger log_;
  std::string instance_ = random_instance();
  LedgerHealth health_;
  LedgerCounters counters_;
  Accounts sessions_;
  RecoveryReport recovery_;
  std::atomic<std::uint64_t> last_number_{0};
  std::atomic<std::size_t> backlog_{0};
  std::atomic<std::size_t> records_{0};  // records being written
  std::atomic<bool> closed_{false};
  QueryThread queries_;
  Pool pool_;  // the last member, because its thread uses all of the above
};

PgLedger::PgLedger(LedgerOptions options, log::Logger logger)
    : options_(std::move(options)),
      log_(logger),
      health_(std::move(logger)),
      sessions_(options_.time, options_.most_accounts),
      queries_([url = options_.postgres_url] { return open_reader(url); }),
      pool_(pool_options(), health_) {}

Pool::Options PgLedger::pool_options() {
  Pool::Options pool;
  pool.url = options_.postgres_url;
  pool.connections = options_.connections;
  pool.tick_interval = std::clamp(milliseconds(options_.lease) / 4, kShortestTick, kLongestTick);
  pool.tick = [this] { tick(); };
  return pool;
}

Result<void> PgLedger::ready() const {
  if (closed_) return fail(codes::kLedgerUnavailable, Fatality::fatal, "the ledger is closed");
  if (options_.when_broken == WhenBroken::proceed) return {};
  if (backlog_ >= options_.most_backlog)
    return fail(codes::kLedgerUnavailable, Fatality::fatal,
                std::to_string(backlog_) + " settled calls wait for the ledger's database");
  if (pool_.down_for() > options_.reserve_timeout) {
    if (auto error = health_.error()) return fail(std::move(*error));
  }
  return {};
}

Result<std::shared_ptr<PgLedger::Pending>> PgLedger::prepare(ReserveRequest request) {
  auto pending = std::make_shared<Pending>();
  auto& info = request.info;
  for (auto* text : {&info.backend, &info.model, &info.key_id, &info.session, &info.node, &info.tx,
                     &info.contract})
    drop_zeros(*text);
  std::vector<Charge> of_session;
  for (auto& charge : request.charges) {
    drop_zeros(charge.scope);
    auto& to = charge.budget->period.is_session() ? of_session : pending->charges;
    to.push_back(std::move(charge));
  }
  // Every call locks accounts in the same order, so that two calls never wait for each other. A
  // charge that is given twice counts once.
  const auto key = [](const Charge& one) { return account_key(*one.budget, one.scope); };
  std::ranges::sort(pending->charges, {}, key);
  const auto twice = std::ranges::unique(pending->charges, {}, key);
  pending->charges.erase(twice.begin(), twice.end());
  auto made = sessions_.reserve(of_session, request.worst, info.session);
  if (!made) return fail(std::move(made.error()));
  pending->warnings = std::move(made->warnings);
  pending->call = {.number = ++last_number_,
                   .made_ms = made->time_ms,
                   .segment = 1,
                   .worst = std::move(request.worst),
                   .info = std::move(info),
                   .charges = std::move(made->charges)};
  return pending;
}

Question PgLedger::question_of(const Pending& pending) const {
  return {.sql = "SELECT gvm_reserve($1, $2::bigint, $3::jsonb, $4::jsonb, $5::jsonb)",
          .parameters = {id_of(pending.call.number),
                         std::to_string(milliseconds(options_.lease).count()),
                         write_amounts(pending.call.worst), write_info(pending.call.info),
                         write_wanted(pending.charges)}};
}

// The call is made without a reservation; its settlement charges it.
Reservation PgLedger::unreserved(Pending& pending) {
  counters_.unreserved.add();
  counters_.reserved.add();
  pending.call.segment = 0;
  for (const auto& charge : pending.charges)
    pending.call.charges.push_back({charge.budget, charge.scope, 0});
  return {shared_from_this(), std::move(pending.call), std::move(pending.warnings)};
}

Result<Reservation> PgLedger::answered(Pending& pending, Result<Rows> rows) {
  auto& call = pending.call;
  auto reserved = rows ? read_reserved(rows->empty() ? std::string_view() : (*rows)[0][0],
                                       pending.charges, call.worst)
                       : Result<Reserved>(fail(std::move(rows.error())));
  if (!reserved) {
    if (reserved.error().code() == codes::kBudgetExceeded) {
      counters_.refused.add();
      sessions_.release(call);
      return fail(std::move(reserved.error()));
    }
    if (options_.when_broken == WhenBroken::proceed) return unreserved(pending);
    // The database may hold the reservation nevertheless, when only its answer was lost.
    release(std::move(call));
    return fail(std::move(reserved.error()));
  }
  call.made_ms = reserved->made_ms;
  for (std::size_t i = 0; i < pending.charges.size(); ++i)
    call.charges.push_back(
        {pending.charges[i].budget, pending.charges[i].scope, reserved->buckets[i]});
  std::ranges::move(reserved->warnings, std::back_inserter(pending.warnings));
  counters_.reserved.add();
  return Reservation(shared_from_this(), std::move(call), std::move(pending.warnings));
}

asio::awaitable<Result<Reservation>> PgLedger::reserve(ReserveRequest request) {
  if (auto ok = check(request.worst); !ok) co_return fail(std::move(ok.error()));
  if (auto ok = ready(); !ok) co_return fail(std::move(ok.error()));
  auto prepared = prepare(std::move(request));
  if (!prepared) {
    counters_.refused.add();
    co_return fail(std::move(prepared.error()));
  }
  auto pending = std::move(*prepared);
  // Checked again, because an outage that began before may have become long since ready() checked.
  // With `refuse` the call waits for the answer, which is an error.
  const bool may_proceed = options_.when_broken == WhenBroken::proceed;
  if (may_proceed && pool_.down_for() > options_.reserve_timeout) co_return unreserved(*pending);
  const auto executor = co_await asio::this_coro::executor;
  auto shot = std::make_shared<OneShot<Reservation>>(executor);
  Pool::Job job;
  job.question = question_of(*pending);
  job.deadline = Deadline::in(options_.reserve_timeout);
  job.stores = false;  // its caller waits for it
  job.done = [this, pending, shot](Result<Rows> rows) {
    OneShot<Reservation>::answer(shot, answered(*pending, std::move(rows)));
  };
  pool_.post(std::move(job));
  auto reservation = co_await OneShot<Reservation>::wait(shot);
  co_return reservation;
}

void PgLedger::settled(const Result<Rows>& answer) {
  --backlog_;
  if (answer) return counters_.stored.add();
  counters_.calls_dropped.add();
  log_.error("a settled call was not stored",
             {{"error", Value::string(answer.error().to_string())}});
}

void PgLedger::settle(ReservedCall call, Settlement settlement) noexcept {
  sessions_.settle(call, settlement.actual);
  counters_.settled.add();
  // Its lease ends, and the worst case is charged.
  if (backlog_ >= options_.most_backlog) return counters_.calls_dropped.add();
  if (call.segment == 0) settlement.flags |= flags::kUnreserved;
  drop_zeros(settlement.error);
  drop_zeros(settlement.record_id);
  std::vector<Charge> charges;
  for (auto& charge : call.charges) {
    if (!charge.budget->period.is_session())
      charges.push_back({std::move(charge.budget), std::move(charge.scope)});
  }
  ++backlog_;
  Pool::Job job;
  job.question = {.sql = "SELECT gvm_settle($1, $2::jsonb, $3::jsonb, $4::jsonb, $5, $6::int, $7)",
                  .parameters = {id_of(call.number), write_amounts(settlement.actual),
                                 write_info(call.info), write_wanted(charges), settlement.error,
                                 std::to_string(settlement.flags), settlement.record_id}};
  job.done = [this](const Result<Rows>& answer) { settled(answer); };
  pool_.post(std::move(job));
}

void PgLedger::release(ReservedCall call) noexcept {
  sessions_.release(call);
  counters_.released.add();
  Pool::Job job;
  job.question = {.sql = "SELECT gvm_release($1)", .parameters = {id_of(call.number)}};
  job.done = [](const Result<Rows>&) {};  // not released: charged when its lease ends
  pool_.post(std::move(job));
}

Result<Question> PgLedger::insert_of(RecordToWrite record) {
  auto text = record.text();
  if (text.size() > DecisionRecord::kMostBytes)
    return fail(codes::kInternal, Fatality::fatal, "a decision record is too long");
  drop_zeros(text);
  return Question{
      .sql =
          "INSERT INTO gvm_records VALUES ($1, $2::bigint, $3) ON CONFLICT (id) DO "
          "UPDATE SET made_ms = excluded.made_ms, text = excluded.text",
      .parameters = {std::move(record.id), std::to_string(record.made_ms), std::move(text)}};
}

void PgLedger::put_record(RecordToWrite record) {
  if (records_ >= options_.most_records) return counters_.records_dropped.add();
  ++records_;
  Pool::Job job;
  job.make_question = [record = std::move(record)]() mutable {
    return insert_of(std::move(record));
  };
  job.deadline = Deadline::in(kRecordPatience);
  job.done = [this](const Result<Rows>& answer) {
    --records_;
    if (!answer) counters_.records_dropped.add();
  };
  pool_.post(std::move(job));
}

void PgLedger::sweep() {
  Pool::Job job;
  job.question = {.sql = "SELECT gvm_sweep()", .parameters = {}};
  job.deadline = Deadline::in(kHousekeeping);
  job.stores = false;
  job.done = [this](const Result<Rows>& rows) {
    if (!rows || rows->empty() || (*rows)[0][0] == "0") return;
    log_.warn("charged a call whose machine did not settle it before its lease ended");
    sweep();
  };
  pool_.post(std::move(job));
}

void PgLedger::tick() {
  sessions_.sweep();
  if (pool_.down_for() > milliseconds::zero()) return;
  sweep();
  const auto now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  Pool::Job job;
  job.question = {.sql = "SELECT gvm_purge($1::bigint, $2::bigint)",
                  .parameters = {std::to_string((now - options_.keep_calls).count()),
                                 std::to_string((now - options_.keep_records).count())}};
  job.deadline = Deadline::in(kHousekeeping);
  job.stores = false;
  job.done = [](const Result<Rows>&) {};  // the next housekeeping tries again
  pool_.post(std::move(job));
}

LedgerStats PgLedger::stats() {
  LedgerStats stats;
  counters_.fill(stats);
  stats.backlog = backlog_;
  stats.failures = health_.failures();
  stats.accounts = sessions_.size();
  stats.clock_behind_ms = sessions_.wall_behind_ms();
  if (const auto error = health_.error()) stats.alarm = error->to_string();
  return stats;
}

void PgLedger::close() {
  if (closed_.exchange(true)) return;
  queries_.stop();
  (void)pool_.flush(pool_.down_for() > milliseconds::zero() ? kHopelessFlush : kLastFlush);
  pool_.stop();
}

}  // namespace

Result<std::shared_ptr<Ledger>> open_ledger(LedgerOptions options, log::Logger logger) {
  auto reader = open_reader(options.postgres_url);
  const bool may_wait = options.when_broken == WhenBroken::proceed && !reader &&
                        reader.error().code() == codes::kLedgerUnavailable;
  if (!reader && !may_wait) return fail(std::move(reader.error()));
  return std::make_shared<PgLedger>(std::move(options), std::move(logger));
}

}  // namespace gvm::store::postgres
