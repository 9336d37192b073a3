#pragma once
// Reads a ledger. A reader blocks, so it is for tools and for the ledger's own threads. It takes no
// lock, and reads while another process owns the ledger.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/accounts.h"

namespace gvm::store {

enum class By : std::uint8_t {
  backend,
  model,
  key,
  node,
  contract,
  day
};  // day: in UTC, of the reservation
std::optional<By> parse_by(std::string_view name);

struct UsageQuery {
  std::vector<By> by;
  std::optional<std::int64_t> from_ms;  // of the reservation, since 1970
  std::optional<std::int64_t> until_ms;
};

struct UsageRow {
  std::vector<std::string> group;  // as UsageQuery::by
  std::int64_t calls = 0;
  std::int64_t errors = 0;     // calls that failed
  std::int64_t uncertain = 0;  // charged at their worst case: unknown cost
  Integer nano_usd;
  Integer tokens;
  Integer requests;
  Integer gen;
};

// At most kMostBytes of text.
struct DecisionRecord {
  static constexpr std::size_t kMostBytes = 2'048;
  std::string id;
  std::int64_t made_ms = 0;
  std::string text;
};

// A fault that verify() found, as a sentence.
struct Finding {
  std::string text;
};

class LedgerReader {
 public:
  virtual ~LedgerReader() = default;
  // Sorted by group.
  virtual Result<std::vector<UsageRow>> usage(const UsageQuery& query) = 0;
  // With SQLite the reserved amounts are missing, because only the owning process knows them.
  virtual Result<std::vector<Balance>> balances(std::span<const BudgetPtr> budgets) = 0;
  virtual Result<std::optional<DecisionRecord>> record(const std::string& id) = 0;
  // Empty when every account is the sum of its calls, and database and journal are intact. Reads
  // everything.
  virtual Result<std::vector<Finding>> verify() = 0;
};

}  // namespace gvm::store
