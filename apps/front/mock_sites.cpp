#include "apps/front/mock_sites.h"

#include <optional>

#include "url/url.h"

namespace gvm::apps {
namespace {

// As it is sent: normalised, without its fragment.
std::optional<std::string> key_of(const std::string& url) {
  const auto parsed = url::parse(url);
  if (!parsed) return std::nullopt;
  const std::string whole(parsed->href());
  return whole.substr(0, whole.find('#'));
}

Value sent_value(const MockRequest& request, const std::string& url) {
  Value::Map headers;
  for (const auto& [name, value] : request.headers) headers.set(name, Value::bytes(value));
  return Value::fields("method", Value::string(request.method), "url", Value::string(url),
                       "headers", Value::map(std::move(headers)), "body",
                       Value::bytes(request.body));
}

}  // namespace

bool MockSites::plan(const std::string& url, MockReply reply) {
  const auto key = key_of(url);
  if (!key) return false;
  const std::lock_guard lock(mutex_);
  plans_[*key].push_back(std::move(reply));
  return true;
}

MockReply MockSites::answer(const MockRequest& request) {
  const auto key = key_of(request.target).value_or(request.target);
  const std::lock_guard lock(mutex_);
  sent_.push_back(sent_value(request, key));
  const auto at = plans_.find(key);
  if (at == plans_.end()) {
    unplanned_.push_back(key);
    return {.status = 404, .headers = {}, .body = "the test plans no answer"};
  }
  MockReply reply = at->second.front();
  if (at->second.size() > 1) at->second.pop_front();
  return reply;
}

std::vector<Value> MockSites::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

std::vector<std::string> MockSites::unplanned() const {
  const std::lock_guard lock(mutex_);
  return unplanned_;
}

void MockSites::reset() {
  const std::lock_guard lock(mutex_);
  plans_.clear();
  sent_.clear();
  unplanned_.clear();
}

}  // namespace gvm::apps
