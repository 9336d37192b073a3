#pragma once
// `genvm-modules llm-check`: asks a model for "ok" and says in one sentence what is wrong when it
// does not come.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "provider/exchange.h"

namespace gvm::provider {

namespace asio = boost::asio;

enum class CheckOutcome {
  works = 0,
  wrong_key = 10,
  wrong_model = 11,
  wrong_url = 12,  // name, port or path: nothing there speaks this provider's form
  tls_trouble = 13,
  unhelpful_answer = 14,  // the model answers, but not what was asked
  overloaded = 15,
  timed_out = 16,
  other = 17,
};

struct CheckReport {
  CheckOutcome outcome = CheckOutcome::other;
  std::string sentence;  // without secrets
  provider::TokenUsage usage;
};

// `backend` has exactly one model.
asio::awaitable<CheckReport> check_model(net::HttpClient& http, config::BackendConfig backend);

// What an error of the exchange means for the person who typed the command. Exposed for tests.
CheckReport diagnose(const Error& error);
// True for "ok" whatever its case, with or without quotes and a final stop.
bool says_ok(std::string_view answer);

}  // namespace gvm::provider
