#include "store/sqlite/rewrite.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "files/own_files.h"
#include "store/sqlite/database.h"
#include "store/sqlite/packing.h"
#include "store/sqlite/record_pack.h"
#include "store/sqlite/schema.h"

namespace gvm::store::sqlite {
namespace {

class Rewriter {
 public:
  Rewriter(Database database, RecordRewrite what)
      : database_(std::move(database)), what_(std::move(what)) {}

  Result<std::uint64_t> run() {
    // What is overwritten leaves no bytes behind in the file.
    if (auto ok = database_.execute("PRAGMA secure_delete = ON"); !ok)
      return fail(std::move(ok).error());
    if (auto ok = add_ids_of_calls(); !ok) return fail(std::move(ok).error());
    const auto packs = packs_to_look_at();
    if (!packs) return fail(packs.error());
    for (const auto pack : *packs)
      if (auto ok = rewrite_pack(pack); !ok) return fail(std::move(ok).error());
    if (auto ok = rewrite_single_records(); !ok) return fail(std::move(ok).error());
    // The log of changes beside the database has older pages too. While another process uses it,
    // its own next checkpoint does that.
    (void)database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    return changed_;
  }

 private:
  Result<void> add_ids_of_calls() {
    auto calls = database_.prepare("SELECT DISTINCT record_id FROM entries WHERE tx = ?");
    if (!calls) return fail(std::move(calls).error());
    calls->bind(1, what_.tx);
    for (;;) {
      const auto row = calls->step();
      if (!row) return fail(row.error());
      if (!*row) return {};
      if (auto id = calls->text(0); !id.empty()) what_.ids.insert(std::move(id));
    }
  }

  Result<std::vector<std::int64_t>> packs_to_look_at() {
    auto packs = database_.prepare("SELECT id, ids FROM record_packs");
    if (!packs) return fail(std::move(packs).error());
    std::vector<std::int64_t> found;
    for (;;) {
      const auto row = packs->step();
      if (!row) return fail(row.error());
      if (!*row) return found;
      const auto ids = packs->blob(1);
      if (std::ranges::any_of(what_.ids, [&](const auto& id) { return may_contain(ids, id); }))
        found.push_back(packs->number(0));
    }
  }

  Result<void> rewrite_pack(std::int64_t id) {
    auto transaction = Transaction::begin(database_);
    if (!transaction) return fail(std::move(transaction).error());
    std::string body;
    {
      auto query = database_.prepare("SELECT body FROM record_packs WHERE id = ?");
      if (!query) return fail(std::move(query).error());
      const auto row = query->bind(1, id).step();
      if (!row) return fail(row.error());
      if (!*row) return {};  // purged meanwhile
      body = std::string(query->blob(0));
    }
    const auto pack = rewritten(body);
    if (!pack) return {};
    auto update = database_.prepare("UPDATE record_packs SET body = ? WHERE id = ?");
    if (!update) return fail(std::move(update).error());
    if (auto ok = update->bind_blob(1, pack->body).bind(2, id).run(); !ok) return ok;
    return transaction->commit();
  }

  // The records of a row with their new texts; nothing when none is another one.
  std::optional<RecordPack> rewritten(std::string_view body) {
    RecordPack pack;
    std::uint64_t changed = 0;
    Unpacker in(body);
    while (in.ok() && !in.at_end()) {
      DecisionRecord record;
      record.id = in.text();
      record.made_ms = in.number<std::int64_t>();
      record.text = in.text();
      if (what_.ids.contains(record.id)) changed += rewrite(record.text) ? 1 : 0;
      pack.add(record);
    }
    if (changed == 0 || !in.ok()) return std::nullopt;
    changed_ += changed;
    return pack;
  }

  bool rewrite(std::string& text) const {
    auto now = what_.rewrite(text);
    if (now) text = std::move(*now);
    return now.has_value();
  }

  // Of version 1 of the tables.
  Result<void> rewrite_single_records() {
    for (const auto& id : what_.ids) {
      auto query = database_.prepare("SELECT text FROM records WHERE id = ?");
      if (!query) return fail(std::move(query).error());
      const auto row = query->bind(1, id).step();
      if (!row) return fail(row.error());
      if (!*row) continue;
      auto text = query->text(0);
      query->reset();
      if (!rewrite(text)) continue;
      auto update = database_.prepare("UPDATE records SET text = ? WHERE id = ?");
      if (!update) return fail(std::move(update).error());
      if (auto ok = update->bind(1, text).bind(2, id).run(); !ok) return ok;
      ++changed_;
    }
    return {};
  }

  Database database_;
  RecordRewrite what_;
  std::uint64_t changed_ = 0;
};

}  // namespace

Result<std::uint64_t> rewrite_records(const std::filesystem::path& folder, RecordRewrite what) {
  auto database = Database::open(folder / files::kLedgerFile, Access::read_write);
  if (!database) return fail(std::move(database).error());
  if (auto ok = check_version(*database); !ok) return fail(std::move(ok).error());
  return Rewriter(std::move(*database), std::move(what)).run();
}

}  // namespace gvm::store::sqlite
