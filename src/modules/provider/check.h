#pragma once
// `genvm-modules llm-check`: asks a model as production would, and says in one sentence what is
// wrong when no good answer comes.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  TokenUsage usage;      // of the first answer
  std::string url;       // that was called
  // What to write for the model in the configuration; empty: nothing.
  std::vector<std::string> lines;
  std::vector<std::string> tried;  // "text", "json", "image": what was answered well
  std::string answer;              // of check_prompt()
};

// A backend as the command line or a host names it, with one model. Empty for an unknown provider.
std::optional<config::BackendConfig> single_model_backend(std::string host,
                                                          std::string_view provider,
                                                          std::string model, Secret key);

// Asks for a text; for JSON when the model has supports_json; for the word in a picture when it has
// supports_image. Sampling, limits, base path and extra fields are the model's, as in production
// with the shipped script. `backend` has exactly one
// model.
asio::awaitable<CheckReport> check_model(net::HttpClient& http, config::BackendConfig backend);

// Asks for a text with that prompt; any answer is a good one. The same judgement of failures.
asio::awaitable<CheckReport> check_prompt(net::HttpClient& http, config::BackendConfig backend,
                                          Prompt prompt);

// What a failed call means for the person who typed the command. Exposed for tests.
CheckReport diagnose(const CallFailure& failure);
// True for `word` whatever its case, with or without quotes and a final stop.
bool says_word(std::string_view answer, std::string_view word);

}  // namespace gvm::provider
