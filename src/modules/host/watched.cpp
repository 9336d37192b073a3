#include "host/watched.h"

#include <memory>
#include <string>
#include <utility>

#include "host/services.h"

namespace gvm::host {
namespace {

using script::HostFunction;
using Answer = boost::asio::awaitable<Result<Value>>;

// Ends it however the call ends, also when its coroutine is destroyed.
class WatchedCall {
 public:
  WatchedCall(Services& services, std::string_view function) : services_(services) {
    services.call_begins(function);
  }
  ~WatchedCall() {
    if (!ended_) services_.call_ended(nullptr);
  }
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;

  void end(const Result<Value>& result) {
    ended_ = true;
    services_.call_ended(result ? nullptr : &result.error());
  }

 private:
  Services& services_;
  bool ended_ = false;
};

// `name` outlives the session: the table has it.
Answer watched(Services* services, std::shared_ptr<const std::string> name, Answer call) {
  WatchedCall watching(*services, *name);
  auto result = co_await std::move(call);
  watching.end(result);
  co_return result;
}

HostFunction::Async watched(HostFunction::Async inner, std::shared_ptr<const std::string> name) {
  return [inner = std::move(inner), name = std::move(name)](script::Session& session,
                                                            HostFunction::Args args) -> Answer {
    auto* services = dynamic_cast<Services*>(&session.services());
    auto call = inner(session, std::move(args));
    if (services == nullptr || !services->watches_calls()) return call;
    return watched(services, name, std::move(call));
  };
}

}  // namespace

void watch_calls(script::HostTable& table) {
  for (auto& row : table.functions) {
    auto* waits = std::get_if<HostFunction::Async>(&row.implementation);
    if (waits == nullptr) continue;
    auto name = std::make_shared<std::string>(row.library);
    name->append(".").append(row.name);
    *waits = watched(std::move(*waits), std::move(name));
  }
}

}  // namespace gvm::host
