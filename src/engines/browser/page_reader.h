#pragma once
// Asks a page questions through one JavaScript function, in an isolated world of the page where the
// driver has DevTools. Internal to rendering; lives as long as one render.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "browser/webdriver.h"

namespace gvm::browser {

// The function's text, to be applied to one map (page_script.cpp explains its keys).
std::string_view page_script();

class PageReader {
 public:
  // Dialogs that are dismissed for one question; a page that opens more is not answered for.
  static constexpr int kMaxDialogs = 10;
  // How often a page may replace itself under one question.
  static constexpr int kMaxReplaced = 5;

  explicit PageReader(DriverSession& session) : session_(session) {}

  // The map that page_script answers.
  asio::awaitable<Result<Value>> ask(Value question, Deadline deadline);
  // After a navigation: the world of the page before is gone.
  void forget_page() { context_.reset(); }

 private:
  asio::awaitable<Result<Value>> ask_once(Value question, Deadline deadline);
  asio::awaitable<Result<Value>> ask_isolated(std::string call, Deadline deadline);
  asio::awaitable<Result<std::int64_t>> isolated_world(Deadline deadline);

  DriverSession& session_;
  std::optional<std::int64_t> context_;  // of the isolated world
};

}  // namespace gvm::browser
