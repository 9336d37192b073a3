#include "apps/user_error.h"

#include "base/metrics.h"
#include "calldata/decode.h"
#include "envelope/hello.h"
#include "envelope/reply.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kModuleUserError = "MODULE_USER_ERROR";

class Session final : public serve::SessionHandler {
 public:
  Result<void> hello(std::string frame) override {
    auto value = calldata::decode(frame);
    if (!value) return fail(std::move(value).error());
    auto hello = envelope::parse_hello(std::move(*value));
    if (!hello) return fail(std::move(hello).error());
    generation_ = hello->generation;
    token_ = envelope::take_token(*hello);
    return {};
  }
  std::string take_token() override { return std::move(token_); }
  asio::awaitable<std::string> request(std::string, Deadline) override { co_return reply(); }
  std::string deadline_reply() override { return reply(); }
  std::string refusal_reply(Error error) override {
    return envelope::encode_error(error, generation_);
  }
  asio::awaitable<void> finish(Deadline) override { co_return; }

 private:
  std::string reply() const {
    return envelope::encode_error(Error(kModuleUserError, Fatality::user), generation_);
  }

  std::string token_;
  envelope::Generation generation_ = envelope::Generation::a;
};

class Service final : public serve::Service {
 public:
  std::unique_ptr<serve::SessionHandler> open(net::Lane&, std::uint64_t) override {
    return std::make_unique<Session>();
  }
  std::string fatal_reply(const Error& error) override {
    return envelope::encode_error(error, envelope::Generation::c);
  }
  void collect_metrics(metrics::Exposition&) override {}
  Health health() override {
    Health health;
    health.details = Value::object({{"user_error", Value::boolean(true)}});
    return health;
  }
};

}  // namespace

int serve_user_errors(ServerProgram& program) {
  Service service;
  return program.serve(service, {.ready = {{"user_error", Value::boolean(true)}}});
}

}  // namespace gvm::apps
