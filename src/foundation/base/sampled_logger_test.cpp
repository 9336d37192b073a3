#include "base/sampled_logger.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

namespace gvm::log {
namespace {

using testing::HasSubstr;

// What was logged, from a file.
class LogFile {
 public:
  LogFile() : file_(std::tmpfile(), &std::fclose) {
    Options options;
    options.fd = ::fileno(file_.get());
    logger_ = Logger::open(options, std::make_shared<const Redactor>());
  }
  const Logger& logger() const { return logger_; }
  std::string text() const {
    logger_.flush();
    std::string out(1 << 16, '\0');
    const auto size = ::pread(::fileno(file_.get()), out.data(), out.size(), 0);
    out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return out;
  }
  auto lines() const { return std::ranges::count(text(), '\n'); }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  Logger logger_;
};

TEST(SampledLogger, AStormOfOneEventIsOneLine) {
  const LogFile file;
  SampledLogger sampled(file.logger());
  for (int i = 0; i < 498; ++i) sampled.error("the disk is full", {{"n", Value::integer(i)}});
  EXPECT_EQ(file.lines(), 1);
  EXPECT_THAT(file.text(), HasSubstr(R"("n":0)"));
}

TEST(SampledLogger, AFewLinesOfAnEventMayBeWritten) {
  const LogFile file;
  SampledLogger sampled(file.logger(), SampledLogger::kInterval, 10);
  for (int i = 0; i < 498; ++i) sampled.warn("a model failed", {}, "full");
  for (int i = 0; i < 3; ++i) sampled.warn("a model failed", {}, "other");
  EXPECT_EQ(file.lines(), 13);
}

TEST(SampledLogger, TheNextLineSaysHowManyWereLeftOut) {
  const LogFile file;
  SampledLogger sampled(file.logger(), std::chrono::milliseconds(500));
  for (int i = 0; i < 10; ++i) sampled.warn("again");
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  sampled.warn("again");
  EXPECT_THAT(file.text(), HasSubstr(R"("left_out":)"));
}

TEST(SampledLogger, OtherMessagesAndOtherSubjectsAreOtherEvents) {
  const LogFile file;
  SampledLogger sampled(file.logger());
  for (int i = 0; i < 3; ++i) {
    sampled.warn("a budget is used up", {}, "day");
    sampled.warn("a budget is used up", {}, "month");
    sampled.warn("something else");
  }
  EXPECT_EQ(file.lines(), 3);
}

TEST(SampledLogger, WhatItRemembersIsBounded) {
  const LogFile file;
  SampledLogger sampled(file.logger());
  for (std::size_t i = 0; i < 2 * SampledLogger::kMostEvents; ++i)
    sampled.warn("x", {}, std::to_string(i));
  EXPECT_EQ(file.lines(), static_cast<std::ptrdiff_t>(SampledLogger::kMostEvents) + 1);
}

TEST(SampledLogger, ASilencedLevelIsNotCounted) {
  SampledLogger sampled{Logger()};
  sampled.warn("nobody reads it");
}

}  // namespace
}  // namespace gvm::log
