#include "scripted/session.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "calldata/encode.h"
#include "support/script_session.h"

namespace gvm::scripted {
namespace {

using script::HostFunction;

// Answers every request with what the script's Main returns.
class EchoSession final : public Session {
 public:
  using Session::Session;

  std::optional<Result<Value>> last;

 protected:
  asio::awaitable<Result<std::string>> answer(Value, Deadline deadline) override {
    Arguments none;
    auto returned = co_await call_script("Main", std::move(none), deadline);
    last.emplace(std::move(returned));
    co_return std::string("reply");
  }
  void add_stats(Value::Map&) const override {}
  std::unique_ptr<script::Services> make_services() override {
    return std::make_unique<script::Services>();
  }
};

std::string hello_frame() {
  return *calldata::encode(
      Value::object({{"cookie", Value::string("c")},
                     {"host_data", Value::object({{"tx_id", Value::string("0x02")},
                                                  {"node_address", Value::string("0x01")}})}}));
}

// A script with one host function, `t.may_start`, whose call number `failing` (from 0) fails. What
// calls it at its top level calls it once while the program loads.
struct Fixture {
  explicit Fixture(const std::string& text, int failing) : file(text) {
    script::ProgramOptions options;
    options.script_path = file.path();
    HostFunction::Sync may_start = [this, failing](script::Session&,
                                                   HostFunction::Args&) -> Result<Value> {
      if (calls++ == failing) return fail("BUSY", Fatality::user, "not now");
      return Value::boolean(true);
    };
    options.host.functions.push_back({"t", "may_start", "", "", std::move(may_start)});
    options.libraries = {{"lib-t", "local _, host = ...\nreturn host['t']"}};
    auto loaded = script::Program::load(std::move(options));
    if (!loaded) throw std::runtime_error(loaded.error().to_string());
    context->program = *loaded;
    context->redactor = std::make_shared<Redactor>();
    context->pools = std::make_shared<Pools>(lanes, context->program, 0);
  }

  Result<Value> ask(EchoSession& session) {
    const std::string message = *calldata::encode(Value::map());
    bool answered = false;
    auto& io = lanes.at(0).context();
    asio::co_spawn(io, session.request(message, Deadline::never()),
                   [&](std::exception_ptr error, const std::string&) {
                     answered = true;
                     if (error) std::rethrow_exception(error);
                   });
    while (!answered) io.run_one();
    return std::move(session.last.value());
  }

  int calls = 0;
  test::TempScript file;
  net::Lanes lanes{1, net::HttpClientOptions()};
  std::shared_ptr<ModuleContext> context = std::make_shared<ModuleContext>();
};

constexpr const char* kMain =
    "function Main(ctx) return ctx.host_data and ctx.host_data.tx_id or 'no hello' end\n";

TEST(ScriptedSession, ARequestAfterAFailedOpenSeesTheHello) {
  Fixture fixture(std::string("require('lib-t').may_start()\n") + kMain, 1);
  EchoSession session(fixture.context, fixture.lanes.at(0));
  ASSERT_TRUE(session.hello(hello_frame()));
  const auto first = fixture.ask(session);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code(), "BUSY");
  const auto second = fixture.ask(session);
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_EQ(*second, Value::string("0x02"));
}

TEST(ScriptedSession, ARequestAfterAFailedSetupSeesTheHello) {
  Fixture fixture(
      std::string("local t = require('lib-t')\nfunction Setup() t.may_start() end\n") + kMain, 0);
  EchoSession session(fixture.context, fixture.lanes.at(0));
  ASSERT_TRUE(session.hello(hello_frame()));
  EXPECT_FALSE(fixture.ask(session));
  const auto second = fixture.ask(session);
  ASSERT_TRUE(second) << second.error().to_string();
  EXPECT_EQ(*second, Value::string("0x02"));
}

}  // namespace
}  // namespace gvm::scripted
