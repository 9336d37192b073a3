#include "store/sqlite/records_of.h"

#include <utility>

#include "files/own_files.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"

namespace gvm::store::sqlite {

// There is no index by transaction: writing it would cost every call something.
Result<std::vector<std::string>> records_of(const std::filesystem::path& folder,
                                            const std::string& tx, std::size_t most,
                                            std::size_t searched) {
  auto database = Database::open(folder / files::kLedgerFile, Access::read_only);
  if (!database) return fail(std::move(database.error()));
  if (auto ok = check_version(*database); !ok) return fail(std::move(ok.error()));
  auto query = database->prepare(
      "SELECT record_id, max(id) AS last FROM (SELECT id, tx, record_id FROM entries ORDER BY id "
      "DESC LIMIT ?) WHERE tx = ? AND record_id <> '' GROUP BY record_id ORDER BY last DESC LIMIT "
      "?");
  if (!query) return fail(std::move(query.error()));
  query->bind(1, static_cast<std::int64_t>(searched)).bind(2, tx);
  query->bind(3, static_cast<std::int64_t>(most));
  std::vector<std::string> ids;
  for (;;) {
    const auto row = query->step();
    if (!row) return fail(row.error());
    if (!*row) return ids;
    ids.push_back(query->text(0));
  }
}

}  // namespace gvm::store::sqlite
