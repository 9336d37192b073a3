// Time, randomness, text, URLs and logs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "host/test_host_run.h"
#include "text/json.h"

namespace gvm::host {

namespace {

using namespace std::chrono_literals;

std::string json_of(const std::string& lua, Value argument = {}) {
  const auto result = run_lua(lua, std::move(argument));
  return result ? json::write(*result) : result.error().to_string();
}

TEST(TimeFunctions, SleepSuspendsForItsTime) {
  const auto result =
      run_lua("local t = rs.monotonic_ms()\nrs.sleep_seconds(0.03)\nreturn rs.monotonic_ms() - t");
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_GE(*result->as_integer(), Integer(29));
}

TEST(TimeFunctions, SleepIsBoundedAndChecked) {
  EXPECT_EQ(error_of("rs.sleep_seconds(601)"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.sleep_seconds(-1)"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.sleep_seconds('x')"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.sleep_seconds(0/0)"), "SCRIPT_BAD_ARGUMENT");
}

TEST(TimeFunctions, SleepEndsAtTheDeadlineOfTheCall) {
  HostRun run(HostRun::body("rs.sleep_seconds(100)"));
  const auto start = Clock::now();
  const auto result = run.call("Main", {}, Deadline::in(30ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), "DEADLINE_EXCEEDED");
  EXPECT_LT(Clock::now() - start, 10s);
}

TEST(RandomFunctions, BytesHaveTheirLengthAndVary) {
  EXPECT_EQ(json_of("local a, b = rs.random_bytes(32), rs.random_bytes(32)\n"
                    "return {#a, #b, a ~= b, #rs.random_bytes(0), #rs.random_bytes(65536)}"),
            "[32,32,true,0,65536]");
  EXPECT_EQ(error_of("rs.random_bytes(65537)"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.random_bytes(-1)"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.random_bytes(1.5)"), "SCRIPT_BAD_ARGUMENT");
}

TEST(RandomFunctions, FloatIsFromZeroToBelowOne) {
  for (const unsigned char byte : std::initializer_list<unsigned char>{0x00, 0x7f, 0xff}) {
    HostRunOptions options = HostRun::body("return rs.random_float()");
    options.random = [byte](std::span<unsigned char> out) { std::ranges::fill(out, byte); };
    HostRun run(std::move(options));
    const auto result = run.main();
    ASSERT_TRUE(result);
    EXPECT_GE(*result->as_real(), 0.0);
    EXPECT_LT(*result->as_real(), 1.0);
  }
}

TEST(TextFunctions, FilterInTheGivenOrder) {
  EXPECT_EQ(json_of("return rs.filter_text('ﬁ\\u{200B}x   y', {'NFKC', 'RmZeroWidth', "
                    "'NormalizeWS'})"),
            R"("fix y")");
  EXPECT_EQ(json_of("return rs.filter_text('same', {})"), R"("same")");
}

TEST(TextFunctions, RefuseUnknownFiltersAndOtherThings) {
  EXPECT_EQ(error_of("rs.filter_text('a', {'Nope'})"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.filter_text('a', 'NFC')"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.filter_text('a')"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.filter_text({}, {'NFC'})"), "SCRIPT_BAD_ARGUMENT");
  EXPECT_EQ(error_of("rs.filter_text('\\xff', {'NFC'})"), "SCRIPT_BAD_ARGUMENT");
}

TEST(UrlFunctions, SplitFollowsTheUrlStandard) {
  EXPECT_EQ(json_of("return rs.split_url('HTTPS://Example.COM:8443/a')"),
            R"({"host":"example.com","port":8443,"schema":"https"})");
  EXPECT_EQ(json_of("local u = rs.split_url('http://example.com:80')\nreturn u.port == nil"),
            "true");
  EXPECT_EQ(json_of("return rs.split_url('http://0x7f.1/').host"), R"("127.0.0.1")");
  EXPECT_EQ(json_of("return rs.split_url('mailto:a@b').host"), R"("")");
  EXPECT_EQ(json_of("return rs.split_url('no url') == nil"), "true");
  EXPECT_EQ(json_of("return math.type(rs.split_url('http://a:1').port)"), R"("integer")");
  EXPECT_EQ(error_of("rs.split_url({})"), "SCRIPT_BAD_ARGUMENT");
}

// The set of application/x-www-form-urlencoded: a space is '+', and only *-._ and alphanumerics
// stay.
TEST(UrlFunctions, EncodeForForms) {
  EXPECT_EQ(json_of("return rs.url_encode('aZ09*-._ ~/?&é\\xff')"),
            R"("aZ09*-._+%7E%2F%3F%26%C3%A9%FF")");
  EXPECT_EQ(error_of("rs.url_encode({})"), "SCRIPT_BAD_ARGUMENT");
}

TEST(Constants, DataDirIsTheConfiguredOne) {
  EXPECT_EQ(json_of("return rs.data_dir"), R"("/data")");
}

TEST(Errors, KeepTheirTypeThroughPcallAndError) {
  EXPECT_EQ(
      json_of(
          "local ok, e = pcall(rs.user_error, {causes = {'A', 'b'}, fatal = true, ctx = {x = 1}})\n"
          "local _, again = pcall(error, e)\n"
          "return {ok, rs.as_user_error(again), rs.as_user_error('text') == nil}"),
      R"([false,{"causes":["A","b"],"ctx":{"x":1},"fatal":true},true])");
}

// A pipe as the log's descriptor.
class LogFunctions : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    close(ends_[1]);
  }

  // The lines written while `lua` ran.
  std::vector<Value> lines_of(const std::string& lua, log::Level level) {
    std::vector<Secret> secrets;
    secrets.emplace_back("hunter2-secret");
    auto redactor = std::make_shared<const Redactor>(secrets);
    log::Options log_options;
    log_options.level = level;
    log_options.fd = ends_[1];
    HostRunOptions options = HostRun::body(lua);
    options.logger = log::Logger::open(log_options, redactor).child("script");
    const log::Logger logger = options.logger;
    {
      HostRun run(std::move(options));
      const auto result = run.main();
      EXPECT_TRUE(result) << result.error().to_string();
    }
    logger.flush();
    logger.write(log::Level::error, "end of log");
    logger.flush();
    return read_lines();
  }

 private:
  std::vector<Value> read_lines() const {
    std::string text;
    while (text.find("end of log") == std::string::npos) {
      char piece[65536];
      const ssize_t got = read(ends_[0], piece, sizeof piece);
      if (got <= 0) break;
      text.append(piece, static_cast<std::size_t>(got));
    }
    std::vector<Value> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
      if (line.find("end of log") == std::string::npos) lines.push_back(*text::parse_json(line));
    }
    return lines;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(LogFunctions, WriteLevelMessageAndFields) {
  const auto lines = lines_of(
      "lib.log {level = 'warning', message = 'm', a = {1, 2}}\n"
      "lib.log {message = 'no level'}\nlib.log {level = 'odd', x = 1}\n"
      "lib.log 'just text'",
      log::Level::info);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(*lines[0].find("level")->as_string(), "warn");
  EXPECT_EQ(*lines[0].find("message")->as_string(), "m");
  EXPECT_EQ(json::write(*lines[0].find("a")), "[1,2]");
  EXPECT_EQ(*lines[1].find("level")->as_string(), "info");
  EXPECT_EQ(*lines[2].find("level")->as_string(), "info");
  EXPECT_EQ(*lines[3].find("message")->as_string(), "just text");
}

TEST_F(LogFunctions, SkipDisabledLevelsWithoutConverting) {
  const auto lines = lines_of(
      "local t = setmetatable({}, {__pairs = function() error('converted') end})\n"
      "lib.log {level = 'debug', message = 'm', t = t}\nlib.log {level = 'trace'}\n"
      "return rs.log_enabled('debug') and error('enabled') or nil",
      log::Level::info);
  EXPECT_TRUE(lines.empty());
}

TEST_F(LogFunctions, TakeCyclesUserdataFunctionsAndSecrets) {
  const auto lines = lines_of(
      "local t = {name = 'loop'}\nt.self = t\n"
      "lib.log {message = 'm', t = t, f = print, r = rat.new(1, 2), "
      "key = 'Bearer hunter2-secret', bytes = '\\xff'}",
      log::Level::info);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(json::write(*lines[0].find("t")), R"({"$id":0,"name":"loop","self":{"$table":0}})");
  EXPECT_EQ(*lines[0].find("f")->as_string(), "<function>");
  EXPECT_EQ(*lines[0].find("r")->as_string(), "rat:1/2");
  EXPECT_EQ(json::write(lines[0]).find("hunter2"), std::string::npos);
}

TEST_F(LogFunctions, CutLongStrings) {
  const auto lines =
      lines_of("lib.log {message = 'm', image = string.rep('x', 20000)}", log::Level::info);
  ASSERT_EQ(lines.size(), 1U);
  const auto text = *lines[0].find("image")->as_string();
  EXPECT_LT(text.size(), 17'000U);
  EXPECT_TRUE(text.ends_with("... (20000 bytes)"));
}

TEST_F(LogFunctions, RefuseWhatIsNoTable) {
  EXPECT_EQ(error_of("rs.log_json('x')"), "SCRIPT_BAD_ARGUMENT");
}

}  // namespace

}  // namespace gvm::host
