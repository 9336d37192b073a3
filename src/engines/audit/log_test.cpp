// What is written, and what happens when it cannot be.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "audit/codes.h"
#include "audit/hash.h"
#include "audit/test_audit.h"
#include "support/lane_turns.h"

namespace gvm::audit {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct AuditLog : AuditTest {};

TEST_F(AuditLog, HasARecordOfEveryAnswerThatNamesTheOneBefore) {
  make_chain(3);
  ASSERT_THAT(record_files(), SizeIs(1));
  const auto lines = lines_of(record_files()[0]);
  ASSERT_THAT(lines, SizeIs(5)) << "begin, three answers, end";
  std::string before(kNoHash);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto record = parse_line(lines[i]);
    ASSERT_TRUE(record) << lines[i];
    EXPECT_EQ(record->seq, i);
    EXPECT_EQ(record->prev, before);
    before = sha256(lines[i]);
  }
  const auto record = *parse_line(lines[2]);
  EXPECT_EQ(text_of(record, "tx"), "tx-1");
  EXPECT_EQ(text_of(record, "decision"), "decision-of-tx-1");
  EXPECT_EQ(text_of(record, "model"), "m");
  EXPECT_EQ(text_of(record, "outcome"), "ok");
}

TEST_F(AuditLog, KeepsNoTextsUnlessItIsTold) {
  struct Row {
    Keep keep;
    bool prompt;
    bool answer;
  };
  for (const auto& [keep, prompt, said] : {Row{Keep::none, false, false},
                                           {Keep::prompts, true, false},
                                           {Keep::answers, false, true},
                                           {Keep::all, true, true}}) {
    auto made = options();
    made.folder = folder.path() / ("keep-" + std::to_string(static_cast<int>(keep)));
    made.keep = keep;
    add(*must_open(made), answer("tx", "canary of the prompt", "canary of the answer"));
    const auto all = all_bytes(made.folder);
    EXPECT_EQ(all.find("canary of the prompt") != all.npos, prompt);
    EXPECT_EQ(all.find("be brief") != all.npos, prompt);
    EXPECT_EQ(all.find("canary of the answer") != all.npos, said);
  }
}

TEST_F(AuditLog, HashesOfEqualTextsDifferSoThatNobodyCanGuessThem) {
  const auto log = must_open(options());
  log->add(answer("a", "agree?", "yes"));
  add(*log, answer("b", "agree?", "yes"));
  const auto lines = lines_of(record_files()[0]);
  const auto one = *parse_line(lines[1]), two = *parse_line(lines[2]);
  EXPECT_NE(text_of(one, "answer"), text_of(two, "answer"));
  EXPECT_NE(text_of(one, "prompt"), text_of(two, "prompt"));
  EXPECT_NE(text_of(one, "answer"), sha256("yes"));
}

TEST_F(AuditLog, FilesAreForTheirOwnerAlone) {
  make_chain(1);
  struct stat facts{};
  ASSERT_EQ(::stat(folder.audit().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700U);
  for (const auto& entry : fs::directory_iterator(folder.audit())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(AuditLog, ALongFieldOfAHostIsCutAndARecordStaysShort) {
  auto made = answer(std::string(1 << 20, 'x'), "p", "a");
  made.outcome = std::string(1 << 20, '"');
  made.rules.assign(1000, std::string(1000, '\\'));
  add(*must_open(options()), made);
  EXPECT_THAT(verified().findings, IsEmpty());
  EXPECT_LT(lines_of(record_files()[0])[1].size(), kMostLineBytes);
}

TEST_F(AuditLog, ADayHasAFileOfItsOwnThatBeginsWithAnAnchor) {
  auto made = options();
  made.anchor_file = folder.path() / "anchors";
  const auto log = must_open(made);
  add(*log, answer("one", "p", "a"));
  now += kDayMs;
  add(*log, answer("two", "p", "a"));
  ASSERT_THAT(record_files(), SizeIs(2));
  const auto first = *parse_line(lines_of(record_files()[1]).front());
  EXPECT_EQ(first.kind, "anchor");
  EXPECT_EQ(text_of(first, "head"), sha256(lines_of(record_files()[0]).back()));
  log->close();
  EXPECT_THAT(lines_of(made.anchor_file), SizeIs(3)) << "begin, anchor, end";
  EXPECT_THAT(told(verified(made.anchor_file)), IsEmpty());
}

TEST_F(AuditLog, AFullFileIsFollowedByTheNextOfTheSameChain) {
  auto made = options();
  made.most_file_bytes = 4096;
  const auto log = must_open(made);
  for (int i = 0; i < 40; ++i) add(*log, answer("t" + std::to_string(i), "p", "a"));
  log->close();
  EXPECT_GT(record_files().size(), 3U);
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_EQ(report.chains, 1U);
  EXPECT_EQ(report.answers, 40U);
}

TEST_F(AuditLog, TwoProcessesHaveTwoChainsAndForkNone) {
  const auto one = must_open(options());
  const auto two = must_open(options());
  for (int i = 0; i < 5; ++i) {
    add(*one, answer("one", "p", "a"));
    add(*two, answer("two", "p", "a"));
  }
  EXPECT_THAT(told(verified()), IsEmpty()) << "both write";
  one->close();
  two->close();
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_EQ(report.chains, 2U);
  EXPECT_EQ(report.answers, 10U);
}

TEST_F(AuditLog, RetentionRemovesWholeFilesAndTheChainsStayValid) {
  auto made = options();
  made.retention = 48h;
  made.keep = Keep::all;
  {
    const auto log = must_open(made);
    auto old = answer("old", "canary of old", "a");
    old.at_ms = now;
    add(*log, old);
  }
  for (int day = 0; day < 6; ++day) {
    now += kDayMs;
    const auto log = must_open(made);
    auto young = answer("tx", "p", "a");
    young.at_ms = now;
    add(*log, young);
    now += 1;
  }
  EXPECT_EQ(all_bytes(folder.audit()).find("canary of old"), std::string::npos);
  EXPECT_THAT(told(verified()), IsEmpty());
  EXPECT_LE(record_files().size(), 4U);
  fs::remove(record_files().front());
  EXPECT_THAT(told(verified()), Not(IsEmpty())) << "removed by hand";
}

// Makes writes fail while it is set; the first of them writes half.
struct FailingDisk {
  std::atomic<int> error{0};
  std::atomic<bool> half{false};

  store::DiskCalls calls() {
    return {.write = [this](int fd, const void* bytes, std::size_t size) -> ssize_t {
              if (error == 0) return ::write(fd, bytes, size);
              if (half.exchange(false) && size > 1) return ::write(fd, bytes, size / 2);
              errno = error;
              return -1;
            },
            .sync =
                [this](int fd) {
                  errno = error;
                  return error == 0 ? ::fdatasync(fd) : -1;
                }};
  }
};

bool becomes(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST_F(AuditLog, AFullDiskRefusesPromptsAndLosesNothingWhenThereIsRoomAgain) {
  FailingDisk disk;
  auto made = options();
  made.disk = disk.calls();
  const auto log = must_open(made);
  add(*log, answer("before", "p", "a"));
  disk.half = true;
  disk.error = ENOSPC;
  log->add(answer("while", "p", "a"));
  ASSERT_TRUE(becomes([&] { return !log->ready(); }));
  EXPECT_EQ(log->ready().error().code(), codes::kAuditDiskFull);
  EXPECT_THAT(log->ready().error().to_string(), HasSubstr("audit.on_failure"));
  EXPECT_THAT(contents(record_files()[0]), Not(HasSubstr("while"))) << "no half record";
  disk.error = 0;
  ASSERT_TRUE(becomes([&] { return log->ready().has_value(); }));
  EXPECT_TRUE(log->flush(20s));
  log->close();
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_EQ(report.answers, 2U);
}

TEST_F(AuditLog, ADiskThatTakesBytesAndDoesNotKeepThemIsAFailureUntilItDoes) {
  std::atomic<bool> fails{false};
  auto made = options();
  made.sync_interval = 1h;  // it is tried again all the same
  made.disk.sync = [&](int fd) {
    errno = EIO;
    return fails ? -1 : ::fdatasync(fd);
  };
  const auto log = must_open(made);
  fails = true;
  log->add(answer("t", "p", "a"));
  EXPECT_FALSE(log->flush(200ms));
  EXPECT_FALSE(log->ready());
  fails = false;
  EXPECT_TRUE(becomes([&] { return log->flush(1s); }));
  EXPECT_TRUE(log->ready());
}

TEST_F(AuditLog, GoesOnWithoutTheDiskWhenConfiguredAndTellsHowManyAreMissing) {
  FailingDisk disk;
  auto made = options();
  made.disk = disk.calls();
  made.on_failure = OnFailure::proceed;
  made.most_waiting = 2;
  const auto log = must_open(made);
  disk.error = EIO;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(log->ready());
    log->add(answer("t" + std::to_string(i), "p", "a"));
    std::this_thread::sleep_for(1ms);
  }
  disk.error = 0;
  EXPECT_TRUE(becomes([&] { return log->flush(1s); }));
  log->close();
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_LT(report.answers, 10U);
  const auto lines = lines_of(record_files()[0]);
  const auto gap =
      std::ranges::find_if(lines, [](const auto& line) { return parse_line(line)->kind == "gap"; });
  ASSERT_NE(gap, lines.end());
  EXPECT_THAT(*gap, HasSubstr("\"lost\":" + std::to_string(10 - report.answers)));
}

TEST_F(AuditLog, AFolderThatCannotBeMadeEndsTheStartUnlessItMayBeMissing) {
  auto made = options();
  overwrite_file(folder.path() / "file", "x");
  made.folder = folder.path() / "file" / "audit";
  const auto refused = Log::open(made, {});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().code().starts_with("AUDIT_")) << refused.error().to_string();
  EXPECT_THAT(refused.error().to_string(), HasSubstr("file/audit"));
  made.on_failure = OnFailure::proceed;
  const auto log = must_open(made);
  EXPECT_TRUE(log->ready());
  log->add(answer("t", "p", "a"));
  fs::remove(folder.path() / "file");
  EXPECT_TRUE(becomes([&] { return log->flush(1s); })) << "it begins when it can";
}

// Nothing of hashing, escaping and writing is done where answers come from.
TEST_F(AuditLog, TakesLongTextsWithoutHoldingWhoBringsThem) {
  auto made = options();
  made.keep = Keep::all;
  const auto log = must_open(made);
  std::vector<Answer> answers;
  for (int i = 0; i < 6; ++i)
    answers.push_back(answer("tx", std::string(5'000'000, '\x01'), std::string(5'000'000, '"')));
  const auto before = test::cpu_of_thread();
  for (auto& each : answers) log->add(std::move(each));
  EXPECT_LT(test::cpu_of_thread() - before, 20ms);
  EXPECT_TRUE(log->flush(120s));
}

TEST_F(AuditLog, MoreThanMayWaitIsRefusedNotKeptInMemory) {
  FailingDisk disk;
  auto made = options();
  made.disk = disk.calls();
  made.most_waiting_bytes = 1000;
  const auto log = must_open(made);
  disk.error = EIO;
  log->add(answer("t", std::string(500, 'x'), "a"));
  log->add(answer("t", std::string(5000, 'x'), "a"));
  EXPECT_TRUE(becomes([&] { return !log->ready(); }));
  metrics::Exposition out;
  log->write_to(out);
  EXPECT_THAT(out.text(), HasSubstr("genvm_audit_lost_total 1\n"));
  EXPECT_THAT(out.text(), HasSubstr("genvm_audit_waiting 1\n"));
}

}  // namespace
}  // namespace gvm::audit
