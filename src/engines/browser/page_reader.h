#pragma once
// Reads a page by calling one JavaScript function, in an isolated world of the page where the
// driver has DevTools. Internal to rendering; lives for one render.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "browser/webdriver.h"

namespace gvm::browser {

// The text of the function; its argument is one map (page_script.cpp explains the keys).
std::string_view page_script();

class PageReader {
 public:
  // Number of dialogs that are dismissed during one call; a page that opens more is not read.
  static constexpr int kMaxDialogs = 10;

  explicit PageReader(DriverSession& session) : session_(session) {}

  // Returns the map that page_script returns. A page that another one replaces meanwhile is asked
  // anew, until the deadline.
  asio::awaitable<Result<Value>> ask(Value question, Deadline deadline);
  // To be called after a navigation: the world of the previous page no longer exists.
  void forget_page() {
    context_.reset();
    installed_ = false;
  }
  // How often a page was found to have been replaced.
  int replaced() const { return replaced_; }

 private:
  asio::awaitable<Result<Value>> ask_once(Value question, Deadline deadline);
  asio::awaitable<Result<Value>> ask_isolated(Value question, Deadline deadline);
  asio::awaitable<Result<std::int64_t>> isolated_world(Deadline deadline);
  asio::awaitable<Result<std::string>> main_frame(Deadline deadline);
  asio::awaitable<Result<std::int64_t>> isolated_world_of(std::string frame, Deadline deadline);

  DriverSession& session_;
  std::optional<std::int64_t> context_;  // of the isolated world
  bool installed_ = false;               // it has the function
  int replaced_ = 0;
};

}  // namespace gvm::browser
