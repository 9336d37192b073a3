#pragma once
// The calls of hosts (docs/manager.md): from a request's path and body to the modules, and back to
// JSON. On the manager's thread.
#include <memory>
#include <string>

#include "config/environment.h"
#include "manager/executions.h"
#include "manager/http_server.h"
#include "manager/module.h"
#include "manager/variables.h"
#include "net/http_client.h"

namespace gvm::manager {

class Api final : public HttpHandler {
 public:
  struct Parts {
    asio::io_context& context;
    const Options& options;
    const config::Environment& environment;
    Variables& variables;
    std::shared_ptr<ManagedModule> llm;
    std::shared_ptr<ManagedModule> web;
    std::shared_ptr<Executions> executions;  // null: there is none
    log::Logger logger;
  };
  explicit Api(Parts parts);

  asio::awaitable<Answer> answer(const Request& request) override;
  bool is_passed_on(const Request& request) const override;
  asio::awaitable<void> pass_on(Stream& client, Request request, std::string early) override;

 private:
  enum class Action { start, stop, restart, reload };

  asio::awaitable<Answer> status();
  asio::awaitable<Answer> module(Action action, const Request& request);
  asio::awaitable<Answer> check(const Request& request);
  asio::awaitable<Answer> set_log_level(const Request& request);
  asio::awaitable<Answer> set_variable(const Request& request);

  Parts parts_;
  net::HttpClient http_;  // of /llm/check
};

// What of it is for who watches: the page and GET /status.
class WatchOnly final : public HttpHandler {
 public:
  explicit WatchOnly(std::shared_ptr<Api> api) : api_(std::move(api)) {}

  asio::awaitable<Answer> answer(const Request& request) override;
  bool is_passed_on(const Request&) const override { return false; }
  asio::awaitable<void> pass_on(Stream& client, Request request, std::string early) override;

 private:
  std::shared_ptr<Api> api_;
};

// Whether that path is about executions, contracts and manifests: not ours.
bool is_of_executions(std::string_view path);

}  // namespace gvm::manager
