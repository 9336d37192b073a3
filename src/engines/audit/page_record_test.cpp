// The records of pages and requests: written, verified, shown and forgotten as those of prompts.
#include "audit/page_record.h"

#include "audit/hash.h"
#include "audit/test_audit.h"

namespace gvm::audit {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

struct AuditPages : AuditTest {
  static Page page(std::string tx, std::string url, std::string said) {
    Page made;
    made.at_ms = kNoon;
    made.tx = std::move(tx);
    made.entry = "Request";
    made.form = "POST";
    made.status = 200;
    made.url = std::move(url);
    made.body = "canary of a body";
    made.answer = std::move(said);
    return made;
  }
  Options kept(Keep keep) {
    auto made = options();
    made.module = "web";
    made.keep = keep;
    return made;
  }
  void write(Keep keep, Page made) {
    const auto log = must_open(kept(keep));
    log->add(std::move(made));
    EXPECT_TRUE(log->flush(20s));
  }
  // The records, each with its texts and what is wrong with them.
  std::string shown(const Wanted& wanted = {.tx = {}, .since_ms = {}, .texts = true}) const {
    std::string all;
    auto read = for_each_answer(folder.audit(), wanted, [&](const Shown& each) {
      all += each.record.kind + " " + text_of(each.record, "form");
      if (each.texts)
        for (const auto* name : {"url", "body", "body_sha256", "answer", "answer_sha256"})
          if (const Value* text = each.texts->fields.find(name))
            all += std::string(" ") + name + "=" + std::string(text->as_string().value_or(""));
      all += std::string(each.fault) + ";";
      return true;
    });
    EXPECT_TRUE(read);
    return all;
  }
};

TEST_F(AuditPages, AreRecordsOfAValidChainBesidePrompts) {
  {
    const auto log = must_open(kept(Keep::none));
    log->add(page("a", "https://example.org/a", "said a"));
    log->add(answer("b", "prompt b", "said b"));
    EXPECT_TRUE(log->flush(20s));
  }
  const auto report = verified();
  EXPECT_THAT(told(report), IsEmpty());
  EXPECT_EQ(report.answers, 2U);
  const auto all = all_bytes(folder.audit());
  for (const auto* text : {"example.org", "said a", "canary"})
    EXPECT_THAT(all, Not(HasSubstr(text)));
  EXPECT_THAT(all, HasSubstr(R"("kind":"page")"));
  EXPECT_THAT(all, HasSubstr(R"("form":"POST","status":200,"outcome":"ok")"));
}

TEST_F(AuditPages, KeepTheTextsThatTheConfigurationNames) {
  write(Keep::prompts, page("a", "https://example.org/", "said"));
  EXPECT_EQ(shown(), "page POST url=https://example.org/ body=canary of a body;");
  write(Keep::answers, page("b", "https://example.org/", "said"));
  EXPECT_EQ(shown({.tx = "b", .since_ms = {}, .texts = true}), "page POST answer=said;");
  write(Keep::all, page("c", "https://example.org/", "said"));
  EXPECT_EQ(shown({.tx = "c", .since_ms = {}, .texts = true}),
            "page POST url=https://example.org/ body=canary of a body answer=said;");
}

TEST_F(AuditPages, KeepOfPicturesAndLongTextsOnlyHashes) {
  for (const std::string& said :
       {std::string("\x89PNG\xff\x00\x01", 7), std::string(kMostKeptBytes + 1, 'x')}) {
    const AuditFolder own;
    auto made = kept(Keep::all);
    made.folder = own.audit();
    {
      const auto log = must_open(made);
      log->add(page("a", "u", said));
      EXPECT_TRUE(log->flush(20s));
    }
    const auto all = all_bytes(own.audit());
    EXPECT_THAT(all, HasSubstr("\"answer_sha256\":\"" + sha256(said)));
    EXPECT_LT(all.size(), 10'000U);
    auto read = for_each_answer(own.audit(), {.tx = {}, .since_ms = {}, .texts = true},
                                [](const Shown& each) {
                                  EXPECT_EQ(each.fault, "");
                                  return true;
                                });
    EXPECT_TRUE(read);
  }
}

TEST_F(AuditPages, TellWhichTextIsAnotherOne) {
  struct Row {
    const char* from;
    const char* to;
    const char* what;
  };
  const Row rows[] = {{"example.org", "example.net", "the address"},
                      {"canary of a body", "canary of a bodY", "the body"},
                      {"said it", "said xx", "the answer"}};
  write(Keep::all, page("a", "https://example.org/", "said it"));
  const auto beside = folder.audit() / list_files(folder.audit())->front().texts();
  const auto good = contents(beside);
  EXPECT_THAT(shown(), Not(HasSubstr("another one")));
  for (const auto& row : rows) {
    auto bad = good;
    bad.replace(bad.find(row.from), std::string_view(row.from).size(), row.to);
    overwrite_file(beside, bad);
    EXPECT_THAT(shown(), HasSubstr(row.what + std::string(" beside this record is another one")));
  }
}

TEST_F(AuditPages, AreForgottenByTransaction) {
  const auto log = must_open(kept(Keep::all));
  log->add(page("a", "https://example.org/a", "canary one"));
  log->add(page("b", "https://example.org/b", "canary two"));
  EXPECT_TRUE(log->flush(20s));
  const auto forgotten = forget(folder.audit(), "a");
  ASSERT_TRUE(forgotten);
  EXPECT_EQ(forgotten->answers, 1U);
  EXPECT_THAT(forgotten->decisions, IsEmpty());
  log->close();
  const auto all = all_bytes(folder.audit());
  EXPECT_THAT(all, Not(HasSubstr("canary one")));
  EXPECT_THAT(all, Not(HasSubstr("example.org/a")));
  EXPECT_THAT(all, HasSubstr("canary two"));
  EXPECT_THAT(told(verified()), IsEmpty());
}

TEST_F(AuditPages, AModuleRemovesOnlyItsOwnOldFiles) {
  auto web = kept(Keep::none);
  web.retention = std::chrono::hours(24);
  {
    auto prompts = options();
    const auto llm = must_open(prompts);
    add(*llm, answer("a", "prompt", "said"));
  }
  {
    const auto log = must_open(web);
    log->add(page("a", "u", "said"));
    EXPECT_TRUE(log->flush(20s));
    now += 5 * kDayMs;
    log->add(page("b", "u", "said"));
    EXPECT_TRUE(log->flush(20s));
  }
  std::vector<std::string> left;
  const auto files = *list_files(folder.audit());
  for (const auto& file : files) left.push_back(file.module + std::to_string(file.number));
  EXPECT_THAT(left, UnorderedElementsAre("llm1", "web2"));
  EXPECT_THAT(told(verified()), IsEmpty());
}

}  // namespace
}  // namespace gvm::audit
