// What verify() finds, and where.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "audit/test_audit.h"

namespace gvm::audit {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct AuditVerify : AuditTest {
  using Lines = std::vector<std::string>;

  // Makes a chain of six answers, lets `change` its lines, and verifies.
  Report after(const std::function<void(Lines&)>& change) {
    fs::remove_all(folder.audit());
    make_chain(6);
    const auto path = record_files()[0];
    auto lines = lines_of(path);
    change(lines);
    write_lines(path, lines);
    return verified();
  }
};

void replace(std::string& text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  ASSERT_NE(at, text.npos);
  text.replace(at, from.size(), to);
}

TEST_F(AuditVerify, NamesTheFirstRecordThatIsWrongWithItsFileAndLine) {
  struct Row {
    std::string name;
    std::function<void(Lines&)> change;
    std::uint64_t line;
    std::string text;
  };
  const std::vector<Row> rows = {
      {"edited", [](Lines& all) { replace(all[3], "tx-2", "tx-9"); }, 4, "record 3 was changed"},
      {"removed", [](Lines& all) { all.erase(all.begin() + 3); }, 4, "record 3 is missing"},
      {"two removed", [](Lines& all) { all.erase(all.begin() + 3, all.begin() + 5); }, 4,
       "the records 3 to 4 are missing"},
      {"the first removed", [](Lines& all) { all.erase(all.begin()); }, 1, "record 0 is missing"},
      {"swapped", [](Lines& all) { std::swap(all[3], all[4]); }, 4, "record 3 is missing"},
      {"copied", [](Lines& all) { all.insert(all.begin() + 4, all[3]); }, 5, "moved or copied"},
      {"the number edited", [](Lines& all) { replace(all[3], "\"seq\":3", "\"seq\":7"); }, 4,
       "missing before this one"},
      {"a hash edited", [](Lines& all) { replace(all[3], "\"prev\":\"", "\"prev\":\"f"); }, 4,
       "no record"},
      {"junk", [](Lines& all) { all[3] = std::string("\x00\xff\x80{{{", 6); }, 4, "no record"},
      {"an empty line", [](Lines& all) { all[3].clear(); }, 4, "no record"},
      {"a huge line", [](Lines& all) { all[3].assign(5 * kMiB, '{'); }, 4, "no record"},
      {"a record behind the end", [](Lines& all) { all.push_back(all[2]); }, 9, "behind the end"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto report = after(row.change);
    ASSERT_THAT(report.findings, Not(IsEmpty()));
    const auto& first = report.findings.front();
    EXPECT_EQ(first.line, row.line) << told(report);
    EXPECT_THAT(first.text, HasSubstr(row.text));
    EXPECT_EQ(first.file, record_files()[0].filename().string());
    EXPECT_EQ(first.fault, Fault::changed);
    EXPECT_FALSE(report.only_cut());
  }
}

TEST_F(AuditVerify, TellsACutEndFromAnEdit) {
  for (const int kept : {7, 4, 1}) {
    const auto report = after([&](Lines& all) { all.resize(static_cast<std::size_t>(kept)); });
    ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
    EXPECT_TRUE(report.only_cut());
    EXPECT_THAT(report.findings[0].text, HasSubstr("no end"));
  }
}

TEST_F(AuditVerify, TellsHowMuchOfATornRecordIsThere) {
  make_chain(3);
  const auto path = record_files()[0];
  fs::resize_file(path, fs::file_size(path) - 20);
  const auto report = verified();
  ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
  EXPECT_EQ(report.findings[0].line, 5U);
  EXPECT_THAT(report.findings[0].text, HasSubstr("in the middle of a record"));
  EXPECT_TRUE(report.only_cut());
}

TEST_F(AuditVerify, TheNextStartConfirmsWhatAKillHasLeft) {
  make_chain(3);
  const auto path = record_files()[0];
  auto lines = lines_of(path);
  lines.pop_back();  // as if the process had been killed
  write_lines(path, lines);
  std::ofstream(path, std::ios::app) << R"({"v":1,"se)";
  EXPECT_TRUE(verified().only_cut());
  EXPECT_FALSE(verified().whole());
  now += 1000;
  make_chain(1);
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  ASSERT_THAT(report.notes, SizeIs(1));
  EXPECT_THAT(report.notes[0], HasSubstr("killed"));
}

TEST_F(AuditVerify, FindsWhatWasCutOrChangedAfterALaterStart) {
  make_chain(3);
  now += 1000;
  make_chain(1);
  const auto path = record_files()[0];
  const auto lines = lines_of(path);
  auto fewer = lines;
  fewer.resize(3);
  write_lines(path, fewer);
  auto report = verified();
  ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
  EXPECT_THAT(report.findings[0].text, HasSubstr("the records up to 4 are missing"));
  auto edited = lines;
  replace(edited.back(), "T12:", "T13:");  // of the last record, which no other one follows
  write_lines(path, edited);
  report = verified();
  ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
  EXPECT_THAT(report.findings[0].text, HasSubstr("names another hash"));
  fs::remove(path);
  report = verified();
  ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
  EXPECT_THAT(report.findings[0].text, HasSubstr("it is gone"));
}

TEST_F(AuditVerify, AnchorsProveACutThatNoRecordKnows) {
  auto made = options();
  made.anchor_file = folder.path() / "anchors";
  must_open(made)->close();
  fs::remove_all(folder.audit());
  fs::create_directory(folder.audit());
  EXPECT_TRUE(verified().whole()) << "nothing is left that could tell";
  const auto report = verified(made.anchor_file);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].text, HasSubstr("anchors:2"));
}

TEST_F(AuditVerify, FindsAFileThatIsMissingInTheMiddleOfAChain) {
  auto made = options();
  made.most_file_bytes = 2048;
  const auto log = must_open(made);
  for (int i = 0; i < 20; ++i) add(*log, answer("t", "p", "a"));
  log->close();
  ASSERT_GT(record_files().size(), 3U);
  const auto gone = record_files()[1];
  fs::remove(gone);
  const auto report = verified();
  ASSERT_THAT(report.findings, SizeIs(1)) << told(report);
  EXPECT_THAT(report.findings[0].text, HasSubstr(gone.filename().string()));
}

TEST_F(AuditVerify, IsNotHeldUpByWhatIsNoFile) {
  make_chain(1);
  const auto path = record_files()[0];
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(told(verified()), HasSubstr("cannot be read"));
  fs::remove(path);
  fs::create_symlink("/etc/passwd", path);
  EXPECT_THAT(told(verified()), HasSubstr("cannot be read"));
  EXPECT_FALSE(verify(folder.path() / "nowhere", {}));
}

TEST_F(AuditVerify, KeepsAHundredFindingsOfManyAndReadsOn) {
  const auto report = after([](Lines& all) { all.assign(1000, "junk"); });
  EXPECT_THAT(report.findings, SizeIs(Report::kMostFindings));
}

struct AuditForget : AuditTest {};

TEST_F(AuditForget, RemovesTextsAndSaltsAndTheChainStaysValid) {
  auto made = options();
  made.keep = Keep::all;
  const auto log = must_open(made);
  log->add(answer("tx-1", "canary one", "said one"));
  log->add(answer("tx-10", "canary ten", "said ten"));
  add(*log, answer("tx-1", std::string(300'000, 'x') + "canary three", "said three"));
  const auto forgotten = forget(folder.audit(), "tx-1");  // the log is open
  ASSERT_TRUE(forgotten) << forgotten.error().to_string();
  EXPECT_EQ(forgotten->answers, 2U);
  EXPECT_GT(forgotten->bytes, 300'000U);
  EXPECT_THAT(forgotten->decisions, testing::ElementsAre("decision-of-tx-1"));
  const auto all = all_bytes(folder.audit());
  EXPECT_THAT(all, Not(HasSubstr("canary one")));
  EXPECT_THAT(all, Not(HasSubstr("said three")));
  EXPECT_THAT(all, Not(HasSubstr("xxxx")));
  EXPECT_THAT(all, HasSubstr("canary ten"));
  add(*log, answer("tx-2", "canary two", "said two"));
  log->close();
  EXPECT_THAT(told(verified()), IsEmpty());
  EXPECT_EQ(forget(folder.audit(), "tx-1")->answers, 0U) << "nothing is left of it";
}

TEST_F(AuditForget, WhatIsShownComesWithItsTextsOrSaysThatTheyAreOthers) {
  auto made = options();
  made.keep = Keep::all;
  {
    const auto log = must_open(made);
    log->add(answer("a", "prompt a", "said a"));
    add(*log, answer("b", "prompt b", "said b"));
  }
  const auto shown = [&](const Wanted& wanted) {
    std::string all;
    auto read = for_each_answer(folder.audit(), wanted, [&](const Shown& each) {
      all += text_of(each.record, "tx") + "=";
      if (each.texts) all += each.texts->fields.find("user")->as_string().value_or("");
      all += std::string(each.fault) + ";";
      return true;
    });
    EXPECT_TRUE(read);
    return all;
  };
  EXPECT_EQ(shown({.tx = "b", .since_ms = {}, .texts = true}), "b=prompt b;");
  EXPECT_EQ(shown({.tx = {}, .since_ms = {}, .texts = false}), "a=;b=;");
  EXPECT_EQ(shown({.tx = {}, .since_ms = kNoon + 1, .texts = false}), "");
  const auto beside = folder.audit() / list_files(folder.audit())->front().texts();
  auto text = contents(beside);
  replace(text, "prompt a", "prompt z");
  overwrite_file(beside, text);
  EXPECT_THAT(shown({.tx = "a", .since_ms = {}, .texts = true}), HasSubstr("is another one"));
  ASSERT_TRUE(forget(folder.audit(), "b"));
  EXPECT_EQ(shown({.tx = "b", .since_ms = {}, .texts = true}), "b=;");
}

}  // namespace
}  // namespace gvm::audit
