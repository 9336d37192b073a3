#include "apps/front/mock_backends.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "apps/front/mock_forms.h"
#include "text/json.h"

namespace gvm::apps {
namespace {

constexpr std::string_view kPath = "/mock/";  // then the backend's number
constexpr const char* kKey = "script-test-key";

// "/mock/3/v1/chat/completions" is for the fourth backend.
std::optional<std::size_t> backend_in(const std::string& target) {
  if (!target.starts_with(kPath)) return std::nullopt;
  std::size_t number = 0;
  const char* end = target.data() + target.size();
  const auto [rest, error] = std::from_chars(target.data() + kPath.size(), end, number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

void lead_to_mock(config::BackendConfig& backend, std::uint16_t port, std::size_t number) {
  backend.host =
      "http://127.0.0.1:" + std::to_string(port) + std::string(kPath) + std::to_string(number);
  backend.hosts.clear();
  backend.loopback = true;
  if (!backend.key.empty()) backend.key = Secret(kKey);
  for (auto& key : backend.keys) key = Secret(kKey);
  for (auto& header : backend.headers) header.value = Secret(kKey);
}

std::string model_of(const Value& parts) {
  const Value* model = parts.find("model");
  return model == nullptr ? std::string() : std::string(model->as_string().value_or(""));
}

}  // namespace

void MockBackends::take(config::LlmConfig& config, std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  backends_.clear();
  for (auto& backend : config.backends) {
    lead_to_mock(backend, port, backends_.size());
    backends_.push_back({backend.name, backend.provider()});
  }
}

void MockBackends::plan(const std::string& backend, const std::string& model,
                        PlannedAnswer answer) {
  const std::lock_guard lock(mutex_);
  plans_[{backend, model}].push_back(std::move(answer));
}

std::optional<PlannedAnswer> MockBackends::next(const std::string& backend,
                                                const std::string& model) {
  for (const Key& key : {Key(backend, model), Key(backend, ""), Key("", model), Key("", "")}) {
    const auto at = plans_.find(key);
    if (at == plans_.end()) continue;
    PlannedAnswer answer = at->second.front();
    if (at->second.size() > 1) at->second.pop_front();
    return answer;
  }
  return std::nullopt;
}

MockReply MockBackends::answer(const MockRequest& request) {
  const std::lock_guard lock(mutex_);
  const auto number = backend_in(request.target);
  if (!number || *number >= backends_.size()) return {.status = 404, .headers = {}, .body = {}};
  const Backend& backend = backends_[*number];
  const auto body = text::parse_json(request.body);
  const Value json = body ? *body : Value::map();
  Value parts = request_parts(backend.provider, request.target, json);
  const std::string model = model_of(parts);
  parts.as_map()->set("backend", Value::string(backend.name));
  parts.as_map()->set("provider",
                      Value::string(std::string(config::provider_name(backend.provider))));
  sent_.push_back(std::move(parts));
  auto planned = next(backend.name, model);
  if (!planned) {
    unplanned_.push_back(backend.name + "/" + model);
    planned = PlannedAnswer{.status = 400, .text = "the test plans no answer", .finish = {}};
  }
  return {.status = planned->status,
          .headers = {{"content-type", "application/json"}},
          .body = answer_body(backend.provider, json, *planned),
          .drop = planned->drop};
}

std::vector<Value> MockBackends::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

std::vector<std::string> MockBackends::unplanned() const {
  const std::lock_guard lock(mutex_);
  return unplanned_;
}

void MockBackends::reset() {
  const std::lock_guard lock(mutex_);
  plans_.clear();
  sent_.clear();
  unplanned_.clear();
}

}  // namespace gvm::apps
