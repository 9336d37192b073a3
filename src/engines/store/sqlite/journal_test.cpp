#include "store/sqlite/journal.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <set>

#include "store/codes.h"
#include "store/sqlite/test_reader.h"

namespace gvm::store::sqlite {
namespace {

ReservedCall a_call(std::uint64_t number) {
  ReservedCall reserved;
  reserved.number = number;
  reserved.made_ms = kNoonMs;
  reserved.worst = {.nano_usd = 5, .tokens = 6, .requests = 7, .gen = Integer::pow2(255)};
  reserved.info = {.backend = "b",
                   .model = "m",
                   .key_id = "k",
                   .session = "s",
                   .node = "n",
                   .tx = std::string("t\0x", 3),
                   .contract = "c"};
  reserved.charges.push_back(
      {make_budget("day", 1, Unit::gen, {Span::week, Rhythm::rolling}), "x=y", -3});
  return reserved;
}

std::string record_of(const auto& record) {
  std::string text;
  write_record(text, record);
  return text;
}

std::string segment_of(int calls) {
  std::string bytes(kSegmentMagic);
  for (int i = 1; i <= calls; ++i) bytes += record_of(a_call(static_cast<std::uint64_t>(i)));
  return bytes;
}

TEST(JournalRecord, EveryKindIsReadBack) {
  SettleRecord settle{.number = 9, .settled_ms = kNoonMs + 1, .settlement = {}};
  settle.settlement = {.actual = a_call(1).worst, .error = "timeout", .record_id = "r", .flags = 5};
  const auto bytes = std::string(kSegmentMagic) + record_of(a_call(8)) + record_of(settle) +
                     record_of(ReleaseRecord{10});
  const auto content = read_segment(bytes, "j");
  ASSERT_TRUE(content) << content.error().to_string();
  ASSERT_EQ(content->records.size(), 3U);
  EXPECT_EQ(content->torn_bytes, 0U);
  const auto& reserved = std::get<ReservedCall>(content->records[0]);
  EXPECT_EQ(reserved.number, 8U);
  EXPECT_EQ(reserved.worst, a_call(8).worst);
  EXPECT_EQ(reserved.info.tx, std::string("t\0x", 3));
  EXPECT_EQ(reserved.charges[0].budget->period.name(), "rolling week");
  EXPECT_EQ(reserved.charges[0].budget->unit, Unit::gen);
  EXPECT_EQ(reserved.charges[0].scope, "x=y");
  EXPECT_EQ(reserved.charges[0].bucket, -3);
  const auto& settled = std::get<SettleRecord>(content->records[1]);
  EXPECT_EQ(settled.settlement.actual, settle.settlement.actual);
  EXPECT_EQ(settled.settlement.error, "timeout");
  EXPECT_EQ(settled.settlement.flags, 5U);
  EXPECT_EQ(std::get<ReleaseRecord>(content->records[2]).number, 10U);
}

TEST(JournalRecord, AnEndTornAtAnyByteLosesOnlyItsOwnRecord) {
  const auto whole = segment_of(3);
  const auto two = segment_of(2).size();
  for (auto size = two; size < whole.size(); ++size) {
    const auto content = read_segment(std::string_view(whole).substr(0, size), "j");
    ASSERT_TRUE(content) << size << ": " << content.error().to_string();
    EXPECT_EQ(content->records.size(), 2U) << size;
    EXPECT_EQ(content->torn_bytes, size - two);
  }
  EXPECT_TRUE(read_segment(std::string_view(whole).substr(0, 3), "j"));
  EXPECT_TRUE(read_segment("", "j"));
}

TEST(JournalRecord, DamageBeforeTheEndIsNoTornEnd) {
  const auto whole = segment_of(3);
  const auto first = segment_of(1).size();
  for (auto at = first; at < segment_of(2).size(); ++at) {
    auto damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    const auto content = read_segment(damaged, "j");
    ASSERT_FALSE(content) << at;
    EXPECT_EQ(content.error().code(), codes::kLedgerCorrupt);
  }
}

TEST(JournalRecord, AnotherVersionIsRefusedAsNewer) {
  auto bytes = segment_of(1);
  bytes[kSegmentMagic.size() - 1] = 2;
  EXPECT_EQ(read_segment(bytes, "j").error().code(), codes::kLedgerNewerSchema);
  EXPECT_EQ(read_segment("no journal at all", "j").error().code(), codes::kLedgerCorrupt);
}

std::unique_ptr<Journal> a_journal(const std::filesystem::path& folder, std::size_t segment_bytes,
                                   DiskCalls disk = DiskCalls::system()) {
  auto journal = Journal::create(folder, 1, segment_bytes, std::move(disk));
  EXPECT_TRUE(journal) << journal.error().to_string();
  return std::move(*journal);
}

TEST(Journal, ASegmentStaysUntilWhatItBeganIsFinished) {
  TempFolder folder;
  const auto journal = a_journal(folder.path(), 64);
  const auto first = journal->begin(record_of(a_call(1)));
  ASSERT_TRUE(journal->tidy());
  const auto second = journal->begin(record_of(a_call(2)));
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  ASSERT_TRUE(journal->tidy());
  EXPECT_EQ(segment_files(folder.path()).size(), 3U);
  // Only from the front: the end of the first call may be in the second segment.
  journal->finish(*second);
  ASSERT_TRUE(journal->tidy());
  EXPECT_EQ(segment_files(folder.path()).size(), 3U);
  journal->finish(*first);
  ASSERT_TRUE(journal->tidy());
  EXPECT_EQ(segment_files(folder.path()).size(), 1U);
}

TEST(Journal, ARecordThatWasHalfWrittenIsTakenBack) {
  TempFolder folder;
  bool short_write = false;
  DiskCalls disk = DiskCalls::system();
  disk.write = [&](int fd, const void* bytes, std::size_t size) {
    return ::write(fd, bytes, short_write ? size / 2 : size);
  };
  const auto journal = a_journal(folder.path(), kMiB, disk);
  ASSERT_TRUE(journal->begin(record_of(a_call(1))));
  short_write = true;
  const auto failed = journal->begin(record_of(a_call(2)));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), codes::kLedgerDiskFull);
  short_write = false;
  ASSERT_TRUE(journal->begin(record_of(a_call(3))));
  const auto content = read_segment_file(segment_files(folder.path())[0].path);
  ASSERT_TRUE(content) << content.error().to_string();
  ASSERT_EQ(content->records.size(), 2U);
  EXPECT_EQ(std::get<ReservedCall>(content->records[1]).number, 3U);
}

// The names of the files whose fdatasync succeeded; fails while it is told to.
struct SyncLog {
  bool fails = false;
  std::set<std::string> synced;
  DiskCalls disk_calls() {
    auto disk = DiskCalls::system();
    disk.sync = [this](int fd) {
      if (fails) {
        errno = EIO;
        return -1;
      }
      synced.insert(
          std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).filename().string());
      return ::fdatasync(fd);
    };
    return disk;
  }
};

TEST(Journal, ATailThatCouldNotBeSyncedWhenItsSegmentWasFullIsSyncedLater) {
  TempFolder folder;
  SyncLog log;
  const auto journal = a_journal(folder.path(), 64, log.disk_calls());
  ASSERT_TRUE(journal->begin(record_of(a_call(1))));
  log.fails = true;
  EXPECT_FALSE(journal->tidy());
  EXPECT_FALSE(journal->sync());
  EXPECT_EQ(segment_files(folder.path()).size(), 2U);
  log.fails = false;
  EXPECT_TRUE(journal->sync());
  EXPECT_THAT(log.synced, testing::Contains("journal-0000000001"));
  EXPECT_FALSE(journal->dirty());
}

TEST(Journal, WhatAFailedSyncMayHaveLostIsWrittenAgainAndStaysTheSame) {
  TempFolder folder;
  SyncLog log;
  const auto journal = a_journal(folder.path(), kMiB, log.disk_calls());
  ASSERT_TRUE(journal->begin(record_of(a_call(1))));
  ASSERT_TRUE(journal->sync());
  for (std::uint64_t number = 2; number < 500; ++number)
    ASSERT_TRUE(journal->begin(record_of(a_call(number))));
  log.fails = true;
  EXPECT_FALSE(journal->sync());
  log.fails = false;
  const auto path = segment_files(folder.path())[0].path;
  const auto before = std::filesystem::last_write_time(path);
  std::filesystem::last_write_time(path, before - std::chrono::hours(1));
  EXPECT_TRUE(journal->sync());
  EXPECT_GE(std::filesystem::last_write_time(path), before) << "it was written again";
  EXPECT_EQ(read_segment_file(path)->records.size(), 499U);
}

TEST(Journal, EachFailureOfTheDiskHasItsCode) {
  EXPECT_EQ(disk_error(ENOSPC, "x").code(), codes::kLedgerDiskFull);
  EXPECT_EQ(disk_error(EDQUOT, "x").code(), codes::kLedgerDiskFull);
  EXPECT_EQ(disk_error(EROFS, "x").code(), codes::kLedgerReadOnly);
  EXPECT_EQ(disk_error(EIO, "x").code(), codes::kLedgerUnavailable);
}

}  // namespace
}  // namespace gvm::store::sqlite
