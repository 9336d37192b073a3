#pragma once
// A logger for events that may occur with every prompt. It writes the same event once, or a few
// times, per interval; the next line of the event says how many were left out. Thread safe.
#include <chrono>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/log.h"

namespace gvm::log {

class SampledLogger {
 public:
  static constexpr std::chrono::minutes kInterval{1};
  // Number of events that are told apart; all further ones share one interval.
  static constexpr std::size_t kMostEvents = 256;

  // `most`: lines of one event in an interval.
  explicit SampledLogger(Logger logger, std::chrono::milliseconds interval = kInterval,
                         int most = 1)
      : logger_(std::move(logger)), interval_(interval), most_(most) {}

  // Events are the same when message and `subject` are, whatever the fields: "a budget is used up"
  // of two budgets is two events. The line gets the field "left_out" unless that is 0.
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {},
             std::string_view subject = {});
  void warn(std::string_view message, std::initializer_list<Field> fields = {},
            std::string_view subject = {}) {
    write(Level::warn, message, fields, subject);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {},
             std::string_view subject = {}) {
    write(Level::error, message, fields, subject);
  }

 private:
  struct Event {
    std::chrono::steady_clock::time_point next{};  // when the next interval begins
    int written = 0;                               // in this interval
    std::int64_t left_out = 0;
  };
  Event& event_of(std::string_view message, std::string_view subject);

  Logger logger_;
  std::chrono::milliseconds interval_;
  int most_;
  std::mutex mutex_;
  std::unordered_map<std::string, Event> events_;
  Event others_;
};

}  // namespace gvm::log
