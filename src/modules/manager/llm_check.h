#pragma once
// POST /llm/check: every model with every test prompt, all at once, each within its own deadline.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/environment.h"
#include "config/llm_config.h"
#include "net/http_client.h"
#include "provider/check.h"

namespace gvm::manager {

namespace asio = boost::asio;

inline constexpr std::size_t kMostPairs = 256;

// What the request asks for: backends of one model each, and prompts. `${...}` in texts is filled.
struct CheckPlan {
  // Why a config can be asked nothing, in its place: the others are asked all the same.
  std::vector<Result<config::BackendConfig>> backends;
  std::vector<provider::Prompt> prompts;  // owned
};
// MODULE_CONFIG_REFUSED names what is wrong with the form of the request or with a prompt.
Result<CheckPlan> parse_check(const Value& body, const config::Environment& environment);

// [{"config_index", "prompt_index", "available", "error", "response"}], configs first. `http` is
// of `context`, the current thread's. Errors hold no secret.
asio::awaitable<Value> run_checks(asio::io_context& context, net::HttpClient& http,
                                  std::shared_ptr<const CheckPlan> plan,
                                  std::chrono::milliseconds each);

}  // namespace gvm::manager
