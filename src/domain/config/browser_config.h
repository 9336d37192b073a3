#pragma once
// The section `browser`: how pages are rendered. docs/rendering.md.
#include <chrono>
#include <cstddef>
#include <string>

#include "base/size.h"

namespace gvm::config {

struct BrowserConfig {
  std::string engine = "browser";  // browser, http, auto
  // Browsers of our own.
  std::string chromium;  // empty: chromium-headless-shell where it is installed, else chromium
  std::string chromedriver = "/usr/bin/chromedriver";
  std::string runtime_dir = "/tmp/genvm-browsers";
  std::string isolation = "best";                   // best, network, processes
  std::size_t max_browsers = 4;                     // at the same time
  std::size_t slots_per_browser = 1;                // sessions of one browser
  std::size_t pages_per_browser = 200;              // then it is replaced
  std::chrono::milliseconds max_age{3'600'000};     // likewise
  std::size_t memory = 2 * kGiB;                    // of one browser
  std::size_t idle_memory = 1 * kGiB;               // of one without work
  std::size_t scratch = 512 * kMiB;                 // its profile and caches
  std::size_t max_sessions = 8;                     // at webdriver_host
  std::size_t min_warm = 1;                         // sessions kept ready
  std::size_t max_waiting = 256;                    // for a session
  std::chrono::milliseconds start_timeout{30'000};  // of a browser or a session
  std::chrono::milliseconds queue_timeout{30'000};  // for a session
  // Rendering of one page.
  std::chrono::milliseconds navigation_timeout{30'000};
  std::chrono::milliseconds resource_timeout{5'000};  // for images, fonts, media and frames
  std::chrono::milliseconds waiting_timeout{10'000};  // for a selector or a quiet DOM
  std::chrono::milliseconds command_timeout{10'000};
  std::string wait_for_selector;
  std::chrono::milliseconds quiet_dom{500};
  std::string unsettled = "answer";  // answer, fail
  // Of screenshots.
  bool full_page = false;
  std::string screenshot_format = "png";        // png, jpeg
  std::string screenshot_too_large = "refuse";  // refuse, scale
  bool status_thumbnails = false;               // of pages, on the status page
  // What pages are told about the browser.
  int viewport_width = 1280;
  int viewport_height = 1024;
  std::string locale = "en-US";
  std::string time_zone = "UTC";
  std::string user_agent =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 "
      "Safari/537.36";
};

}  // namespace gvm::config
