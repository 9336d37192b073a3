#include "store/sqlite/record_pack.h"

#include <algorithm>
#include <cstring>

#include "store/sqlite/packing.h"

namespace gvm::store::sqlite {

void RecordPack::add(const DecisionRecord& record) {
  newest_ms = std::max(newest_ms, record.made_ms);
  Packer(ids).number(checksum(record.id));
  Packer packer(body);
  packer.text(record.id);
  packer.number(record.made_ms);
  packer.text(record.text);
}

bool may_contain(std::string_view ids, std::string_view id) {
  const auto wanted = checksum(id);
  for (; ids.size() >= sizeof wanted; ids.remove_prefix(sizeof wanted)) {
    if (std::memcmp(ids.data(), &wanted, sizeof wanted) == 0) return true;
  }
  return false;
}

std::optional<DecisionRecord> find_record(std::string_view body, std::string_view id) {
  std::optional<DecisionRecord> found;
  Unpacker in(body);
  while (in.ok() && !in.at_end()) {
    DecisionRecord record;
    record.id = in.text();
    record.made_ms = in.number<std::int64_t>();
    record.text = in.text();
    if (in.ok() && record.id == id) found = std::move(record);
  }
  return found;
}

}  // namespace gvm::store::sqlite
