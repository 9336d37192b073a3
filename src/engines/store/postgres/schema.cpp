#include "store/postgres/schema.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "store/codes.h"

namespace gvm::store::postgres {
namespace {

constexpr std::int64_t kMigrationLock = 0x47564d4c;  // of pg_advisory_xact_lock

// Times are milliseconds since 1970 by the database's clock, which all machines share; buckets are
// seconds. Amounts are objects with decimal texts by unit. Charges are lists of [budget, period,
// unit, scope, bucket], always sorted by account, so that calls cannot deadlock.
constexpr std::string_view kTables = R"sql(
CREATE TABLE gvm_meta(key text PRIMARY KEY, value text NOT NULL);
CREATE TABLE gvm_accounts(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  budget text NOT NULL, period text NOT NULL, unit text NOT NULL, scope text NOT NULL,
  newest bigint NOT NULL, UNIQUE(budget, period, unit, scope));
CREATE TABLE gvm_buckets(
  account bigint NOT NULL, bucket bigint NOT NULL,
  spent numeric NOT NULL, reserved numeric NOT NULL, PRIMARY KEY(account, bucket));
CREATE TABLE gvm_reservations(
  id text PRIMARY KEY, made_ms bigint NOT NULL, expires_ms bigint NOT NULL,
  amounts jsonb NOT NULL, info jsonb NOT NULL, charges jsonb NOT NULL, answer jsonb NOT NULL);
CREATE INDEX gvm_reservations_by_end ON gvm_reservations(expires_ms);
CREATE TABLE gvm_entries(
  id text PRIMARY KEY, made_ms bigint NOT NULL, settled_ms bigint NOT NULL,
  backend text NOT NULL, model text NOT NULL, key_id text NOT NULL, session text NOT NULL,
  node text NOT NULL, tx text NOT NULL, contract text NOT NULL,
  nano_usd bigint NOT NULL, tokens bigint NOT NULL, requests bigint NOT NULL, gen numeric NOT NULL,
  error text NOT NULL, flags integer NOT NULL, record_id text NOT NULL, charges jsonb NOT NULL);
CREATE INDEX gvm_entries_by_time ON gvm_entries(made_ms);
CREATE TABLE gvm_records(id text PRIMARY KEY, made_ms bigint NOT NULL, text text NOT NULL);
CREATE INDEX gvm_records_by_time ON gvm_records(made_ms);

CREATE FUNCTION gvm_now() RETURNS bigint LANGUAGE sql AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE FUNCTION gvm_bucket(p_period text, p_step bigint, p_now_s bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN p_step > 0 THEN p_now_s - p_now_s % p_step
   ELSE extract(epoch FROM date_trunc(p_period, to_timestamp(p_now_s) AT TIME ZONE 'UTC'))::bigint
   END $$;

CREATE FUNCTION gvm_account(p_charge jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
  LOOP
    SELECT id INTO v_id FROM gvm_accounts
      WHERE budget = p_charge->>0 AND period = p_charge->>1 AND unit = p_charge->>2
        AND scope = p_charge->>3;
    IF FOUND THEN RETURN v_id; END IF;
    INSERT INTO gvm_accounts(budget, period, unit, scope, newest)
      VALUES (p_charge->>0, p_charge->>1, p_charge->>2, p_charge->>3, 0)
      ON CONFLICT DO NOTHING RETURNING id INTO v_id;
    IF FOUND THEN RETURN v_id; END IF;
  END LOOP;
END $$;

CREATE FUNCTION gvm_add(p_charges jsonb, p_spent jsonb, p_spent_sign int, p_reserved jsonb,
                        p_reserved_sign int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE c jsonb;
BEGIN
  FOR c IN SELECT value FROM jsonb_array_elements(p_charges) LOOP
    INSERT INTO gvm_buckets AS b(account, bucket, spent, reserved)
      VALUES (gvm_account(c), (c->>4)::bigint,
              p_spent_sign * coalesce((p_spent->>(c->>2))::numeric, 0),
              p_reserved_sign * coalesce((p_reserved->>(c->>2))::numeric, 0))
      ON CONFLICT (account, bucket) DO UPDATE
        SET spent = b.spent + excluded.spent, reserved = b.reserved + excluded.reserved;
  END LOOP;
END $$;

CREATE FUNCTION gvm_enter(p_id text, p_made_ms bigint, p_info jsonb, p_amounts jsonb, p_error text,
                          p_flags int, p_record text, p_charges jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO gvm_entries VALUES (p_id, p_made_ms, gvm_now(),
    p_info->>'backend', p_info->>'model', p_info->>'key_id', p_info->>'session', p_info->>'node',
    p_info->>'tx', p_info->>'contract', (p_amounts->>'usd')::bigint, (p_amounts->>'tokens')::bigint,
    (p_amounts->>'requests')::bigint, (p_amounts->>'gen')::numeric, p_error, p_flags, p_record,
    p_charges) $$;
)sql";

// A wanted charge is [budget, period, unit, scope, {limit, warn, span, length, step}].
constexpr std::string_view kReserve = R"sql(
CREATE FUNCTION gvm_reserve(p_id text, p_lease_ms bigint, p_amounts jsonb, p_info jsonb,
                            p_wanted jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  c jsonb; v_rule jsonb; v_now bigint; v_account bigint; v_bucket bigint; v_first bigint;
  v_spent numeric; v_reserved numeric; v_answer jsonb; v_one jsonb; v_index int := 0;
  v_charges jsonb := '[]'; v_over jsonb := '[]';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
  SELECT answer INTO v_answer FROM gvm_reservations WHERE id = p_id;
  IF FOUND THEN RETURN v_answer; END IF;
  v_now := gvm_now();
  FOR c IN SELECT value FROM jsonb_array_elements(p_wanted) LOOP
    v_rule := c->4;
    v_account := gvm_account(c);
    SELECT newest INTO v_bucket FROM gvm_accounts WHERE id = v_account FOR UPDATE;
    v_bucket := greatest(v_bucket,
                         gvm_bucket(v_rule->>'span', (v_rule->>'step')::bigint, v_now / 1000));
    SELECT coalesce(sum(spent), 0), coalesce(sum(reserved), 0),
           coalesce(min(bucket) FILTER (WHERE spent <> 0 OR reserved <> 0), v_bucket)
      INTO v_spent, v_reserved, v_first FROM gvm_buckets
      WHERE account = v_account AND bucket >= v_bucket - (v_rule->>'length')::bigint;
    IF v_spent + v_reserved + (p_amounts->>(c->>2))::numeric > (v_rule->>'limit')::numeric THEN
      v_one := jsonb_build_object('index', v_index, 'spent', v_spent::text,
                                  'reserved', v_reserved::text, 'first', v_first);
      IF NOT (v_rule->>'warn')::boolean THEN
        RETURN jsonb_build_object('refused', v_one);
      END IF;
      v_over := v_over || v_one;
    END IF;
    UPDATE gvm_accounts SET newest = v_bucket WHERE id = v_account AND newest < v_bucket;
    v_charges := v_charges || jsonb_build_array(c - 4 || to_jsonb(v_bucket));
    v_index := v_index + 1;
  END LOOP;
  PERFORM gvm_add(v_charges, NULL, 0, p_amounts, 1);
  v_answer := jsonb_build_object('charges', v_charges, 'over', v_over, 'made_ms', v_now);
  INSERT INTO gvm_reservations
    VALUES (p_id, v_now, v_now + p_lease_ms, p_amounts, p_info, v_charges, v_answer);
  RETURN v_answer;
END $$;
)sql";

// Flags: 1 unknown cost, 8 unreserved, 16 lease expired (store/held.h).
constexpr std::string_view kSettle = R"sql(
CREATE FUNCTION gvm_settle(p_id text, p_amounts jsonb, p_info jsonb, p_wanted jsonb, p_error text,
                           p_flags int, p_record text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  r gvm_reservations; e gvm_entries; c jsonb; v_account bigint; v_bucket bigint;
  v_charges jsonb := '[]';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
  DELETE FROM gvm_reservations WHERE id = p_id RETURNING * INTO r;
  IF FOUND THEN
    PERFORM gvm_add(r.charges, p_amounts, 1, r.amounts, -1);
    PERFORM gvm_enter(p_id, r.made_ms, p_info, p_amounts, p_error, p_flags, p_record, r.charges);
    RETURN;
  END IF;
  SELECT * INTO e FROM gvm_entries WHERE id = p_id;
  IF FOUND THEN
    -- SettledCall before, and the answer was lost; or charged when its lease ended, and this is the truth.
    IF e.flags & 17 <> 17 THEN RETURN; END IF;
    PERFORM gvm_add(e.charges, jsonb_build_object('usd', e.nano_usd, 'tokens', e.tokens, 'requests',
                    e.requests, 'gen', e.gen), -1, NULL, 0);
    PERFORM gvm_add(e.charges, p_amounts, 1, NULL, 0);
    DELETE FROM gvm_entries WHERE id = p_id;
    PERFORM gvm_enter(p_id, e.made_ms, p_info, p_amounts, p_error, p_flags | 16, p_record, e.charges);
    RETURN;
  END IF;
  FOR c IN SELECT value FROM jsonb_array_elements(p_wanted) LOOP
    v_account := gvm_account(c);
    SELECT greatest(newest, gvm_bucket(c->4->>'span', (c->4->>'step')::bigint, gvm_now() / 1000))
      INTO v_bucket FROM gvm_accounts WHERE id = v_account;
    v_charges := v_charges || jsonb_build_array(c - 4 || to_jsonb(v_bucket));
  END LOOP;
  PERFORM gvm_add(v_charges, p_amounts, 1, NULL, 0);
  PERFORM gvm_enter(p_id, gvm_now(), p_info, p_amounts, p_error, p_flags | 8, p_record, v_charges);
END $$;

CREATE FUNCTION gvm_release(p_id text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE r gvm_reservations; e gvm_entries;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_id, 0));
  DELETE FROM gvm_reservations WHERE id = p_id RETURNING * INTO r;
  IF FOUND THEN
    PERFORM gvm_add(r.charges, NULL, 0, r.amounts, -1);
    RETURN;
  END IF;
  DELETE FROM gvm_entries WHERE id = p_id AND flags & 17 = 17 RETURNING * INTO e;
  IF FOUND THEN
    PERFORM gvm_add(e.charges, jsonb_build_object('usd', e.nano_usd, 'tokens', e.tokens, 'requests',
                    e.requests, 'gen', e.gen), -1, NULL, 0);
  END IF;
END $$;

-- Charges one reservation whose lease is over. How many there were: 0 or 1.
CREATE FUNCTION gvm_sweep() RETURNS int LANGUAGE plpgsql AS $$
DECLARE r gvm_reservations;
BEGIN
  DELETE FROM gvm_reservations WHERE id = (
    SELECT id FROM gvm_reservations WHERE expires_ms < gvm_now()
      ORDER BY expires_ms LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING * INTO r;
  IF NOT FOUND THEN RETURN 0; END IF;
  PERFORM gvm_add(r.charges, r.amounts, 1, r.amounts, -1);
  PERFORM gvm_enter(r.id, r.made_ms, r.info, r.amounts, '', 17, '', r.charges);
  RETURN 1;
END $$;

CREATE FUNCTION gvm_purge(p_calls_before_ms bigint, p_records_before_ms bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM gvm_records WHERE id IN (
    SELECT id FROM gvm_records WHERE made_ms < p_records_before_ms LIMIT 5000);
  DELETE FROM gvm_entries WHERE id IN (
    SELECT id FROM gvm_entries WHERE made_ms < p_calls_before_ms LIMIT 5000);
  IF FOUND THEN
    INSERT INTO gvm_meta VALUES ('complete_from_ms', p_calls_before_ms::text)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value;
  END IF;
  DELETE FROM gvm_buckets WHERE bucket < p_calls_before_ms / 1000 - 62 * 86400 AND reserved = 0;
END $$;
)sql";

constexpr std::array<std::string_view, 3> kParts{kTables, kReserve, kSettle};

Question question(std::string sql, std::vector<std::string> parameters = {}) {
  return {.sql = std::move(sql), .parameters = std::move(parameters)};
}

asio::awaitable<Result<std::int64_t>> version_of(Connection& connection, Deadline deadline) {
  // to_regclass is not used: it may return a cached answer from before another machine created the
  // tables.
  auto exists = question(
      "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = "
      "'gvm_meta'");
  auto found = co_await connection.ask(std::move(exists), deadline);
  if (!found) co_return fail(std::move(found.error()));
  if (found->empty()) co_return std::int64_t{0};
  auto version = question("SELECT value FROM gvm_meta WHERE key = 'version'");
  auto rows = co_await connection.ask(std::move(version), deadline);
  if (!rows) co_return fail(std::move(rows.error()));
  std::int64_t number = -1;
  if (!rows->empty()) {
    const auto& text = (*rows)[0][0];
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  if (number < 0)
    co_return fail(codes::kLedgerCorrupt, Fatality::fatal,
                   "the ledger's database has a table gvm_meta without a version");
  co_return number;
}

// Within the transaction that holds the lock.
asio::awaitable<Result<void>> step_to(Connection& connection, std::int64_t version,
                                      std::string_view step, Deadline deadline) {
  auto seen = co_await version_of(connection, deadline);
  if (!seen) co_return fail(std::move(seen.error()));
  if (*seen >= version) co_return Result<void>();  // another machine has done it
  auto script = question(std::string(step));
  auto done = co_await connection.ask(std::move(script), deadline);
  if (!done) co_return fail(std::move(done.error()));
  auto mark =
      question(fmt::format("INSERT INTO gvm_meta VALUES ('version', '{}') "
                           "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                           version));
  auto marked = co_await connection.ask(std::move(mark), deadline);
  if (!marked) co_return fail(std::move(marked.error()));
  co_return Result<void>();
}

}  // namespace

std::span<const std::string_view> migrations() {
  static const std::string kWhole = [] {
    std::string whole;
    for (const auto part : kParts) whole += part;
    return whole;
  }();
  static const std::array<std::string_view, 1> kSteps{kWhole};
  return kSteps;
}

asio::awaitable<Result<void>> migrate(Connection& connection,
                                      std::span<const std::string_view> steps, Deadline deadline) {
  auto version = co_await version_of(connection, deadline);
  if (!version) co_return fail(std::move(version.error()));
  const auto known = static_cast<std::int64_t>(steps.size());
  if (*version > known)
    co_return fail(
        codes::kLedgerNewerSchema, Fatality::fatal,
        fmt::format("the ledger has version {} of its tables, these modules know {}: run "
                    "the version that wrote it, or a later one",
                    *version, known));
  for (auto next = *version + 1; next <= known; ++next) {
    auto begin = question(fmt::format("BEGIN; SELECT pg_advisory_xact_lock({})", kMigrationLock));
    auto begun = co_await connection.ask(std::move(begin), deadline);
    if (!begun) co_return fail(std::move(begun.error()));
    auto stepped =
        co_await step_to(connection, next, steps[static_cast<std::size_t>(next - 1)], deadline);
    auto end = question(stepped ? "COMMIT" : "ROLLBACK");
    auto ended = co_await connection.ask(std::move(end), deadline);
    if (!stepped) co_return stepped;
    if (!ended) co_return fail(std::move(ended.error()));
  }
  co_return Result<void>();
}

}  // namespace gvm::store::postgres
