#pragma once
// The web module's settings, ready for use.
#include <chrono>
#include <string>
#include <vector>

#include "config/common_config.h"

namespace gvm::config {

struct WebConfig {
  CommonConfig common{ModuleKind::web};
  std::string webdriver_host = "http://127.0.0.1:4444";  // without trailing '/'
  std::string session_create_request =                   // a JSON object, the body of POST /session
      R"({"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":{"args":["--headless=new","--disable-dev-shm-usage"]}}}})";
  std::vector<std::string> extra_tld;
  std::vector<std::string> always_allow_hosts;
  std::chrono::milliseconds max_wait_after_loaded{60'000};
};

}  // namespace gvm::config
