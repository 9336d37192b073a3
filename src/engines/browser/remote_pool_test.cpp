// The pool's queue, prepared sessions and recovery, with a scripted driver.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <mutex>
#include <set>
#include <thread>

#include "browser/pool.h"
#include "browser/session_request.h"
#include "browser/test_drivers.h"

namespace gvm::browser {
namespace {

using testing::HasSubstr;

// Creates and deletes sessions, and answers null to everything else.
class ScriptedDriver {
  template <class F>
  auto locked(F&& f) const {
    const std::lock_guard lock(mutex_);
    return f();
  }

 public:
  std::string url() const { return server_.url(""); }
  std::size_t made() const {
    return locked([this] { return made_; });
  }
  std::size_t alive() const {
    return locked([this] { return alive_.size(); });
  }
  void set_failing(bool failing) {
    locked([&] { return failing_ = failing; });
  }
  // Behaves like a driver that was restarted.
  void lose_sessions() {
    locked([this] {
      alive_.clear();
      return 0;
    });
  }

 private:
  static Reply value(std::string json) { return {.body = "{\"value\":" + json + "}"}; }
  static Reply w3c_error(int status, const std::string& code) {
    return {.status = status,
            .body = R"({"value":{"error":")" + code + R"(","message":"no","stacktrace":""}})"};
  }
  Reply answer(const HttpServer::Request& request) {
    const std::lock_guard lock(mutex_);
    if (failing_) return w3c_error(500, "session not created");
    if (request.target == "/session") {
      const auto id = "s" + std::to_string(++made_);
      alive_.insert(id);
      return value(R"({"sessionId":")" + id + R"(","capabilities":{"browserName":"scripted"}})");
    }
    const auto id = request.target.substr(9, request.target.find('/', 9) - 9);
    if (!alive_.contains(id)) return w3c_error(404, "invalid session id");
    if (request.method == "DELETE") alive_.erase(id);
    return value("null");
  }

  mutable std::mutex mutex_;
  std::size_t made_ = 0;
  std::set<std::string> alive_;
  bool failing_ = false;
  HttpServer server_{[this](const HttpServer::Request& request) { return answer(request); }};
};

struct RemotePool : testing::Test {
  ~RemotePool() override { stop(); }

  void start(PoolOptions options = {}) {
    options.webdriver_host = driver.url();
    options.session_create_request = R"({"capabilities":{"alwaysMatch":{}}})";
    pool.emplace(loop.context.get_executor(), loop.http, nullptr, std::move(options),
                 log::Logger());
  }
  void stop() {
    if (!pool) return;
    test::run(loop.context, pool->stop());
    pool.reset();
  }
  Result<Lease> lease(milliseconds patience = kPatience) {
    return loop.run(pool->lease(loop.http, nullptr, Deadline::in(patience)));
  }
  bool until(std::function<bool()> done) {
    return test::run_until(loop.context, std::move(done), kPatience);
  }

  Loop loop;
  ScriptedDriver driver;
  std::optional<Pool> pool;
};

TEST_F(RemotePool, KeepsSessionsReadyAndDeletesEachAfterUse) {
  start({.min_warm = 2});
  ASSERT_TRUE(loop.run(pool->check(Deadline::in(kPatience))));
  ASSERT_TRUE(until([&] { return pool->stats().ready == 2; }));
  {
    auto first = lease();
    ASSERT_TRUE(first) << first.error().to_string();
    // Two are prepared at the same time: the answer to the second request may come first.
    EXPECT_THAT(first->session_id(), testing::AnyOf("s1", "s2"));
    EXPECT_TRUE(until([&] { return pool->stats().ready == 2; })) << "another one is made ahead";
    EXPECT_EQ(driver.alive(), 3u);
    EXPECT_EQ(pool->stats().leased, 1u);
  }
  EXPECT_TRUE(until([&] { return driver.alive() == 2; })) << "it was not deleted";
  EXPECT_EQ(pool->stats().leased, 0u);
  stop();
  EXPECT_EQ(driver.alive(), 0u) << "stopping deletes what is ready";
}

TEST_F(RemotePool, LeasesAreGrantedInTheOrderTheyWereAskedFor) {
  start({.max_sessions = 1, .min_warm = 0});
  auto held = std::make_optional(std::move(*lease()));
  std::vector<int> order;
  const auto ask = [&](int name) {
    asio::co_spawn(loop.context, pool->lease(loop.http, nullptr, Deadline::in(kPatience)),
                   [&order, name](std::exception_ptr failure, Result<Lease> lease) {
                     if (failure) std::rethrow_exception(failure);
                     if (lease) order.push_back(name);
                   });
  };
  for (int name = 1; name <= 3; ++name) ask(name);
  ASSERT_TRUE(until([&] { return pool->stats().waiting == 3; }));
  held.reset();
  EXPECT_TRUE(until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST_F(RemotePool, TheQueueHasADeadlineAndSaysWhatToDo) {
  start({.max_sessions = 1, .queue_timeout = milliseconds(200)});
  auto held = lease();
  ASSERT_TRUE(held);
  const auto begin = Clock::now();
  auto second = lease();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), codes::kCreatingSession);
  EXPECT_TRUE(second.error().fatal());
  EXPECT_THAT(second.error().to_string(), HasSubstr("browser.max_sessions"));
  EXPECT_GE(Clock::now() - begin, milliseconds(200));
  EXPECT_LT(Clock::now() - begin, milliseconds(200) + kLateness);
  EXPECT_EQ(pool->stats().timeouts, 1u);
}

TEST_F(RemotePool, ALeaseEndsAtTheRequestsDeadline) {
  start({.max_sessions = 1});
  auto held = lease();
  auto second = lease(milliseconds(100));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), codes::kDeadlineExceeded);
  EXPECT_TRUE(until([&] { return pool->stats().waiting == 0; }));
}

TEST_F(RemotePool, RefusesMoreThanMayWait) {
  start({.max_sessions = 1, .max_waiting = 0});
  auto held = lease();
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code(), codes::kCreatingSession);
}

TEST_F(RemotePool, ACancelledWaiterTakesNothing) {
  start({.max_sessions = 1, .min_warm = 0});
  auto held = std::make_optional(std::move(*lease()));
  asio::cancellation_signal cancel;
  bool ended = false;
  asio::co_spawn(loop.context, pool->lease(loop.http, nullptr, Deadline::in(kPatience)),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](std::exception_ptr, Result<Lease>) { ended = true; }));
  ASSERT_TRUE(until([&] { return pool->stats().waiting == 1; }));
  cancel.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(until([&] { return ended; }));
  held.reset();
  EXPECT_TRUE(until([&] { return driver.alive() == 0; }));
  EXPECT_EQ(pool->stats().waiting, 0u);
  EXPECT_EQ(pool->stats().leased, 0u);
}

TEST_F(RemotePool, ADriverThatIsNotThereIsToldAtOnce) {
  test::RefusingPort port;
  PoolOptions options;
  options.webdriver_host = port.url("");
  pool.emplace(loop.context.get_executor(), loop.http, nullptr, std::move(options), log::Logger());
  auto checked = loop.run(pool->check(Deadline::in(kPatience)));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), codes::kCreatingSession);
  EXPECT_TRUE(checked.error().fatal());
  EXPECT_THAT(checked.error().to_string(), HasSubstr(port.url("")));
}

TEST_F(RemotePool, ADriverThatFailsForAWhileIsTriedAgain) {
  start({.min_warm = 0, .longest_backoff = milliseconds(200)});
  driver.set_failing(true);
  bool leased = false;
  asio::co_spawn(loop.context, pool->lease(loop.http, nullptr, Deadline::in(kPatience)),
                 [&](std::exception_ptr, Result<Lease> lease) { leased = lease.has_value(); });
  ASSERT_TRUE(until([&] { return pool->stats().failed_starts >= 2; }));
  EXPECT_FALSE(leased);
  driver.set_failing(false);
  EXPECT_TRUE(until([&] { return leased; }));
}

TEST_F(RemotePool, SessionsOfADriverThatWentAreNotHandedOut) {
  start({.min_warm = 2});
  ASSERT_TRUE(until([&] { return pool->stats().ready == 2; })) << "it warms up by itself";
  auto first = lease();
  ASSERT_TRUE(first);
  ASSERT_TRUE(until([&] { return pool->stats().ready == 2; }));
  driver.lose_sessions();
  auto rendered =
      loop.run(first->render({.url = "http://page.example.com/"}, Deadline::in(kPatience)));
  ASSERT_FALSE(rendered);
  EXPECT_EQ(command_failure_of(rendered.error()), CommandFailure::session);
  EXPECT_FALSE(first->usable());
  const auto made = driver.made();
  first = lease();
  EXPECT_TRUE(until([&] { return driver.made() >= made + 2; })) << "the ready ones were kept";
  first = lease();
  ASSERT_TRUE(first);
  auto answer = loop.run(first->send("GET", "/title", "", Deadline::in(kPatience)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST_F(RemotePool, LeasesCrossLanes) {
  start({.min_warm = 1});
  asio::io_context other{1};
  std::atomic<std::size_t> done{0};
  std::thread lane([&] {
    net::HttpClient http(other, {});
    for (int i = 0; i < 20; ++i) {
      auto leased =
          test::run(other, pool->lease(http, nullptr, Deadline::in(kPatience)), kPatience);
      if (!leased) break;
      auto answer =
          test::run(other, leased->send("GET", "/title", "", Deadline::in(kPatience)), kPatience);
      if (!answer || answer->status != 200) break;
      ++done;
    }
    done = done == 20 ? 100 : 50;
    asio::post(loop.context, [] {});
  });
  const bool ended = until([&] { return done >= 50; });
  lane.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(done, 100u);
  EXPECT_TRUE(until([&] { return pool->stats().leased == 0; }));
  EXPECT_TRUE(until([&] { return driver.alive() <= 1; }));
}

TEST_F(RemotePool, ALeaseMayOutliveThePool) {
  start({});
  auto held = lease();
  ASSERT_TRUE(held);
  stop();
  EXPECT_EQ(held->session_id(), "s1");
}

TEST(ExtraArguments, PassesOnWhatDoesNotWeakenTheProtection) {
  auto extra = extra_arguments(R"({"capabilities":{"alwaysMatch":{"goog:chromeOptions":{"args":[
      "--headless=new","--blink-settings=imagesEnabled=false","force-dark-mode",
      "--proxy-server=http://x","--no-sandbox","user-data-dir=/x","--remote-debugging-port=1",
      "--disable-web-security","--host-resolver-rules=MAP * 1.2.3.4","--user-agent=x",
      "--enable-features=Foo","--renderer-cmd-prefix=sh","--disable-dev-shm-usage"]}}}})");
  ASSERT_TRUE(extra);
  EXPECT_THAT(extra->taken,
              testing::ElementsAre("--blink-settings=imagesEnabled=false", "--force-dark-mode"));
  EXPECT_THAT(extra->refused,
              testing::ElementsAre("--proxy-server=http://x", "--no-sandbox", "--user-data-dir=/x",
                                   "--remote-debugging-port=1", "--disable-web-security",
                                   "--host-resolver-rules=MAP * 1.2.3.4", "--user-agent=x",
                                   "--enable-features=Foo", "--renderer-cmd-prefix=sh"));
  EXPECT_FALSE(extra_arguments("no JSON"));
}

}  // namespace
}  // namespace gvm::browser
