#pragma once
// The backends of a configuration, as `script test` plays them: the test says what they answer, and
// reads what they were sent. Thread safe.
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "apps/front/mock_server.h"
#include "base/value.h"
#include "config/llm_config.h"

namespace gvm::apps {

// What a model says, whatever its provider's form.
struct PlannedAnswer {
  unsigned status = 200;
  std::string text;         // of an error: its message
  std::int64_t input = 10;  // tokens
  std::int64_t output = 5;
  std::string finish;  // the provider's own word; empty: that of a complete answer
  bool drop = false;   // the connection is closed without an answer
};

class MockBackends {
 public:
  // Every backend of `config` is led to 127.0.0.1:`port`, with a key that opens nothing.
  void take(config::LlmConfig& config, std::uint16_t port);

  // The next answer of these; the last one is repeated. An empty name: any.
  void plan(const std::string& backend, const std::string& model, PlannedAnswer answer);
  MockReply answer(const MockRequest& request);

  // Every request so far: {backend, provider, model, prompt, system, temperature, max_tokens, ...}.
  std::vector<Value> sent() const;
  // "backend/model" that was asked and had no answer planned.
  std::vector<std::string> unplanned() const;
  void reset();

 private:
  struct Backend {
    std::string name;
    config::Provider provider;
  };
  using Key = std::pair<std::string, std::string>;  // backend, model
  std::optional<PlannedAnswer> next(const std::string& backend, const std::string& model);

  mutable std::mutex mutex_;
  std::vector<Backend> backends_;
  std::map<Key, std::deque<PlannedAnswer>> plans_;
  std::vector<Value> sent_;
  std::vector<std::string> unplanned_;
};

}  // namespace gvm::apps
