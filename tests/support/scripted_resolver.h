#pragma once
// A resolver whose answers the test decides; it sends nothing. On one thread.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/error_codes.h"
#include "net/resolver.h"

namespace gvm::test {

class ScriptedResolver final : public net::Resolver {
 public:
  // Returns texts of addresses; none: the name does not exist. `number`: how often this was called
  // before.
  using Answer =
      std::function<std::vector<std::string>(const std::string& host, std::size_t number)>;

  explicit ScriptedResolver(Answer answer) : answer_(std::move(answer)) {}

  net::asio::awaitable<Result<net::Addresses>> resolve(std::string host, Deadline) override {
    const auto number = asked.size();
    asked.push_back(host);
    net::Addresses out;
    for (const auto& text : answer_(host, number)) out.push_back(net::asio::ip::make_address(text));
    if (!out.empty()) co_return out;
    Error error(codes::kSendingRequest, Fatality::fatal, "the host's name does not exist");
    error.with("kind", Value::string("dns"));
    error.with("dns", Value::string("no_name"));
    co_return fail(std::move(error));
  }

  std::vector<std::string> asked;

 private:
  Answer answer_;
};

}  // namespace gvm::test
