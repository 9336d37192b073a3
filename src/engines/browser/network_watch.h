#pragma once
// The requests of a page that are under way, from ChromeDriver's performance log (the DevTools
// events of the domain Network). Internal to rendering.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/deadline.h"
#include "base/value.h"

namespace gvm::browser {

class NetworkWatch {
 public:
  // Entries of the log since the last call: a list of {"message": JSON}. What is none is skipped.
  void take(const Value& entries, Clock::time_point now = Clock::now());
  // Scripts, style sheets and data (XMLHttpRequest, fetch) under way. What runs for longer than
  // `longest` does not count: a page that keeps a request open waits for what may never come.
  std::size_t under_way(std::chrono::milliseconds longest,
                        Clock::time_point now = Clock::now()) const;

 private:
  void take_event(std::string_view json, Clock::time_point now);

  std::unordered_map<std::string, Clock::time_point> begun_;  // by DevTools' request id
};

}  // namespace gvm::browser
