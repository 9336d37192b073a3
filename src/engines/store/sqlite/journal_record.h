#pragma once
// The records of the intent journal: u32 size of the body, u64 checksum of the body, body. A
// segment begins with kSegmentMagic.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "store/reserved_call.h"

namespace gvm::store::sqlite {

inline constexpr std::string_view kSegmentMagic{"GVMLJ\0\0\1", 8};  // the last byte is the version
inline constexpr std::size_t kRecordHead = 12;

struct SettleRecord {
  std::uint64_t number = 0;
  std::int64_t settled_ms = 0;
  Settlement settlement;
};
struct ReleaseRecord {
  std::uint64_t number = 0;
};
using JournalRecord = std::variant<ReservedCall, SettleRecord, ReleaseRecord>;

// Appends a whole record, head and body.
void write_record(std::string& out, const ReservedCall& reserved);
void write_record(std::string& out, const SettleRecord& record);
void write_record(std::string& out, const ReleaseRecord& record);

struct SegmentContent {
  std::vector<JournalRecord> records;
  std::size_t torn_bytes = 0;  // of an unfinished record at the end
};
// LEDGER_CORRUPT when a damaged record is followed by an intact one, because a crash can only cut
// off the end. LEDGER_NEWER_SCHEMA for a later version of the format.
Result<SegmentContent> read_segment(std::string_view bytes, std::string_view name);

}  // namespace gvm::store::sqlite
