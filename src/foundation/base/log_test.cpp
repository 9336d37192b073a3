#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <regex>
#include <thread>

#include "base/log_format.h"
#include "base/log_sink.h"

namespace gvm::log {
namespace {

using testing::HasSubstr;
using testing::Not;

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) throw std::runtime_error("pipe");
  }
  ~Pipe() {
    close_write();
    ::close(ends_[0]);
  }
  int write_end() const { return ends_[1]; }
  int read_end() const { return ends_[0]; }
  void close_write() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  // What is there now.
  std::string read_some() const {
    std::string text(1 << 20, '\0');
    const auto size = ::read(ends_[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::shared_ptr<const Redactor> redactor(const char* secret = "hunter2-hunter2") {
  std::vector<Secret> secrets;
  secrets.emplace_back(std::string(secret));
  return std::make_shared<const Redactor>(std::move(secrets));
}

Logger to(const Pipe& pipe, Options options = {}) {
  options.fd = pipe.write_end();
  return Logger::open(options, redactor());
}

TEST(Log, WritesOneJsonObjectALine) {
  Pipe pipe;
  const auto logger = to(pipe).child("serve").child("session");
  logger.info("started \"it\"", {{"port", Value::integer(80)}, {"ok", Value::boolean(true)}});
  logger.flush();
  const std::regex form(
      R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","source":"serve\.session","message":"started \\"it\\"","port":80,"ok":true\}\n)");
  const auto text = pipe.read_some();
  EXPECT_TRUE(std::regex_match(text, form)) << text;
}

class PrettyLog : public testing::Test {
 protected:
  void SetUp() override { set_format(Format::pretty); }
  void TearDown() override { set_format(Format::json); }
};

TEST_F(PrettyLog, IsALineOfWords) {
  Pipe pipe;
  const auto logger = to(pipe).child("llm");
  logger.warn("a model failed", {{"model", Value::string("m")},
                                 {"why", Value::string("two words")},
                                 {"status", Value::integer(503)},
                                 {"key", Value::string("hunter2-hunter2")}});
  logger.flush();
  const std::regex form(
      R"(\d\d:\d\d:\d\d\.\d{3} WARN  llm  a model failed  model=m  why="two words"  status=503  key=\[redacted\]\n)");
  const auto text = pipe.read_some();
  EXPECT_TRUE(std::regex_match(text, form)) << text;
}

TEST_F(PrettyLog, IsOneLineWhateverItHolds) {
  Pipe pipe;
  const auto logger = to(pipe);
  logger.info("one\ntwo\x1b[31m", {{"x", Value::string("a\nb\x1b[0m")},
                                   {"long", Value::string(std::string(100'000, 'y'))}});
  logger.flush();
  const auto text = pipe.read_some();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text.substr(0, 200);
  EXPECT_EQ(text.find('\x1b'), text.npos);
  EXPECT_LT(text.size(), Logger::kMaxLineBytes + 100);
}

TEST(Log, KeepsTheOrderAndLosesNothingOnFlush) {
  Pipe pipe;
  const auto logger = to(pipe);
  for (int i = 0; i < 300; ++i) logger.info("n", {{"i", Value::integer(i)}});
  logger.flush();
  const auto text = pipe.read_some();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 300);
  EXPECT_LT(text.find("\"i\":0}"), text.find("\"i\":299}"));
}

TEST(Log, DropsWhatIsBelowTheLevel) {
  Pipe pipe;
  const auto logger = to(pipe, {.level = Level::warn});
  logger.info("quiet");
  logger.error("loud");
  logger.flush();
  EXPECT_THAT(pipe.read_some(), AllOf(HasSubstr("loud"), Not(HasSubstr("quiet"))));
  EXPECT_FALSE(logger.enabled(Level::info));
}

TEST(Log, SilencesTheSourcesOfLogDisable) {
  Pipe pipe;
  const auto logger = to(pipe, {.disable = "net.*, script"});
  logger.child("net").info("net itself");
  logger.child("net").child("dns").info("net dns");
  logger.child("script").info("from script");
  logger.child("scripts").info("other");
  logger.flush();
  EXPECT_THAT(pipe.read_some(), AllOf(HasSubstr("net itself"), Not(HasSubstr("net dns")),
                                      Not(HasSubstr("from script")), HasSubstr("other")));
}

TEST(Log, RedactsMessageFieldsAndKeys) {
  Pipe pipe;
  to(pipe).warn("key hunter2-hunter2",
                {{"hunter2-hunter2", Value::string("hunter2-hunter2")},
                 {"deep", Value::array({Value::bytes(std::string("a hunter2-hunter2"))})}});
  const auto logger = Logger::open({.fd = pipe.write_end()}, redactor("1234567890"));
  logger.info("a number", {{"n", Value::integer(1234567890)}});
  logger.flush();
  const auto text = pipe.read_some();
  EXPECT_THAT(text, AllOf(Not(HasSubstr("hunter2")), Not(HasSubstr("1234567890"))));
  EXPECT_THAT(text, AllOf(HasSubstr("key [redacted]"), HasSubstr("\"message\":\"[redacted]\"}")));
}

TEST(Log, TakesLevelAndMessageFromAScriptsFields) {
  Pipe pipe;
  const auto logger = to(pipe).child("script");
  logger.write_value(Level::debug, "default",
                     Value::object({{"level", Value::string("error")},
                                    {"message", Value::string("said")},
                                    {"time", Value::integer(1)}}));
  logger.write_value(Level::info, "plain", Value::integer(5));
  logger.flush();
  EXPECT_THAT(pipe.read_some(),
              AllOf(HasSubstr(R"("level":"error","source":"script","message":"said","_time":1})"),
                    HasSubstr(R"("message":"plain","value":5})")));
}

TEST(Log, CutsALineThatIsTooLong) {
  Pipe pipe;
  const auto logger = to(pipe);
  logger.info("long", {{"text", Value::string(std::string(Logger::kMaxLineBytes, 'x'))}});
  logger.info(std::string(10 * Logger::kMaxLineBytes, '\x01'));
  logger.flush();
  const auto text = pipe.read_some();
  EXPECT_LT(text.size(), 2 * Logger::kMaxLineBytes);
  EXPECT_THAT(text, HasSubstr(R"("message":"long","truncated":true})"));
}

TEST(Log, NeverBlocksItsCallerAndCountsWhatItDrops) {
  Pipe pipe;
  const auto logger = to(pipe);
  constexpr int kLines = 6000;  // more than the pipe and the queue hold
  const std::string padding(200, 'p');
  for (int i = 0; i < kLines; ++i) logger.info("line", {{"p", Value::string(padding)}});
  std::string text;
  std::thread reader([&] {
    for (std::string part; !(part = pipe.read_some()).empty();) text += part;
  });
  logger.flush();
  logger.info("last");
  logger.flush();
  pipe.close_write();
  reader.join();
  EXPECT_THAT(text, AllOf(HasSubstr("log lines dropped"), HasSubstr("\"last\"")));
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), kLines);
}

TEST(Log, EndsThoughNobodyReads) {
  Pipe pipe;
  {
    const auto logger = to(pipe);
    for (int i = 0; i < 1000; ++i) logger.info(std::string(1000, 'x'));
  }
  SUCCEED();  // the destructor came back
}

TEST(Log, ALoggerWithoutASinkDropsEverything) {
  const Logger logger;
  EXPECT_FALSE(logger.enabled(Level::error));
  logger.child("x").error("gone");
  logger.flush();
}

TEST(Log, KnowsItsLevelNames) {
  for (const auto level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error}) {
    EXPECT_EQ(parse_level(level_name(level)), level);
  }
  EXPECT_EQ(parse_level("INFO"), std::nullopt);
}

TEST(Log, MatchesGlobs) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("net.*", "net.dns"));
  EXPECT_TRUE(glob_matches("*.s?ssion*", "serve.session"));
  EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_matches("net.*", "net"));
  EXPECT_FALSE(glob_matches("a?", "a"));
  EXPECT_FALSE(glob_matches("", "a"));
}

}  // namespace
}  // namespace gvm::log
