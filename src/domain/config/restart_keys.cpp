// What a running process cannot change: sockets, threads, its confinement, the ledger, and browsers
// that sessions share.
#include "config/changes.h"

namespace gvm::config {
namespace {

void keep_common(CommonConfig& next, const CommonConfig& running) {
  next.bind_address = running.bind_address;
  next.threads = running.threads;
  next.blocking_threads = running.blocking_threads;
  next.data_dir = running.data_dir;
  next.serve = running.serve;
}

}  // namespace

const std::vector<std::string_view>& restart_keys(ModuleKind kind) {
  static const std::vector<std::string_view> kLlm{"bind_address", "threads", "blocking_threads",
                                                  "data_dir",     "serve",   "sandbox",
                                                  "watchdog",     "ledger",  "audit"};
  static const std::vector<std::string_view> kWeb{
      "bind_address", "threads",        "blocking_threads",
      "data_dir",     "serve",          "sandbox",
      "watchdog",     "webdriver_host", "session_create_request",
      "browser",      "render_service", "audit",
  };
  return kind == ModuleKind::llm ? kLlm : kWeb;
}

void keep_until_restart(LlmConfig& next, const LlmConfig& running) {
  keep_common(next.common, running.common);
  next.operation = running.operation;
  next.ledger = running.ledger;
  next.audit = running.audit;
}

void keep_until_restart(WebConfig& next, const WebConfig& running) {
  keep_common(next.common, running.common);
  next.operation = running.operation;
  next.webdriver_host = running.webdriver_host;
  next.session_create_request = running.session_create_request;
  next.browser = running.browser;
  next.render_service = running.render_service;
  next.audit = running.audit;
}

}  // namespace gvm::config
