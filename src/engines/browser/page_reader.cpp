#include "browser/page_reader.h"

#include "base/json.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "net/pause.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

// Pause before the page is asked again that took another's place.
constexpr std::chrono::milliseconds kAfterReplaced{10};

bool is_replaced(const Error& error) {
  return command_failure_of(error) == CommandFailure::replaced;
}

// The function is sent once for each page.
std::string call_of(const Value& question, bool installed) {
  const std::string install = "(globalThis.__genvm = " + std::string(page_script()) + ")";
  return (installed ? "globalThis.__genvm" : install) + "(" + json::write(question) + ")";
}

}  // namespace

asio::awaitable<Result<Value>> PageReader::ask(Value question, Deadline deadline) {
  int dialogs = 0;
  for (;;) {
    Value copy = question;
    auto answer = co_await ask_once(std::move(copy), deadline);
    if (answer) co_return answer;
    if (is_replaced(answer.error()) && !deadline.expired()) {
      forget_page();
      ++replaced_;
      auto paused = co_await net::pause_until(sooner(deadline, Deadline::in(kAfterReplaced)));
      if (!paused) co_return fail(std::move(paused.error()));
    } else if (command_failure_of(answer.error()) != CommandFailure::dialog ||
               ++dialogs > kMaxDialogs) {
      co_return answer;
    }
  }
}

asio::awaitable<Result<Value>> PageReader::ask_once(Value question, Deadline deadline) {
  if (session_.info().chromium) {
    auto answer = co_await ask_isolated(std::move(question), deadline);
    co_return answer;
  }
  std::string script = "return (" + std::string(page_script()) + ").apply(null, arguments);";
  Value arguments = Value::list(std::move(question));
  auto answer = co_await session_.execute(std::move(script), std::move(arguments), deadline);
  co_return answer;
}

asio::awaitable<Result<Value>> PageReader::ask_isolated(Value question, Deadline deadline) {
  if (!context_) {
    auto world = co_await isolated_world(deadline);
    if (!world) co_return fail(std::move(world.error()));
    context_ = *world;
  }
  std::string call = call_of(question, installed_);
  Value params = Value::fields("expression", Value::string(std::move(call)), "contextId",
                               Value::integer(*context_), "returnByValue", Value::boolean(true));
  std::string method = "Runtime.evaluate";
  auto answer = co_await session_.cdp(std::move(method), std::move(params), deadline);
  if (!answer) co_return answer;
  installed_ = true;
  if (const Value* thrown = answer->find("exceptionDetails"))
    co_return fail(driver_error("javascript error",
                                text::string_at(*thrown, "/exception/description").value_or("")));
  const Value* value = text::at(*answer, "/result/value");
  if (value == nullptr) co_return fail(protocol_error("the page's answer has no value"));
  co_return *value;
}

asio::awaitable<Result<std::int64_t>> PageReader::isolated_world(Deadline deadline) {
  if (!session_.info().frame.empty()) {
    std::string known = session_.info().frame;
    auto world = co_await isolated_world_of(std::move(known), deadline);
    if (world || !is_replaced(world.error())) co_return world;
  }
  auto frame = co_await main_frame(deadline);
  if (!frame) co_return fail(std::move(frame.error()));
  auto world = co_await isolated_world_of(std::move(*frame), deadline);
  co_return world;
}

asio::awaitable<Result<std::string>> PageReader::main_frame(Deadline deadline) {
  std::string method = "Page.getFrameTree";
  Value none = Value::map();
  auto tree = co_await session_.cdp(std::move(method), std::move(none), deadline);
  if (!tree) co_return fail(std::move(tree.error()));
  const auto frame = text::string_at(*tree, "/frameTree/frame/id");
  if (!frame) co_return fail(protocol_error("the driver does not name the page's frame"));
  co_return std::string(*frame);
}

// Page.createIsolatedWorld returns the same world for the same page and name.
asio::awaitable<Result<std::int64_t>> PageReader::isolated_world_of(std::string frame,
                                                                    Deadline deadline) {
  Value params = Value::fields("frameId", Value::string(std::move(frame)), "worldName",
                               Value::string("genvm"));
  std::string method = "Page.createIsolatedWorld";
  auto world = co_await session_.cdp(std::move(method), std::move(params), deadline);
  if (!world) co_return fail(std::move(world.error()));
  const auto id = text::integer_at(*world, "/executionContextId");
  if (!id) co_return fail(protocol_error("the driver does not name the isolated world"));
  co_return *id;
}

}  // namespace gvm::browser
