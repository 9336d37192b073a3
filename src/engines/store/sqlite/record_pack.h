#pragma once
// Decision records, several in one row of the database. With a row and two index entries for each
// record, the writer's thread would spend most of its time on them. A row has the checksums of its
// records' ids, which a search reads, followed by the records themselves.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/reader.h"

namespace gvm::store::sqlite {

struct RecordPack {
  // So that a search reads little to return one record.
  static constexpr std::size_t kMostRecords = 64;

  std::int64_t newest_ms = 0;
  std::string ids;   // 8 bytes a record
  std::string body;  // id, time and text a record, as Packer writes them

  void add(const DecisionRecord& record);
  std::size_t size() const { return ids.size() / sizeof(std::uint64_t); }
};

// True when the row with these `ids` may contain the record.
bool may_contain(std::string_view ids, std::string_view id);
// The last record with that id.
std::optional<DecisionRecord> find_record(std::string_view body, std::string_view id);

}  // namespace gvm::store::sqlite
