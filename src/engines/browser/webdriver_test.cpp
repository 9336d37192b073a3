#include <string>

#include "browser/test_drivers.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

struct WebDriverFake : testing::Test {
  // A driver that gives every command the same answer.
  Result<Value> command_answered(Reply reply, milliseconds limit = kPatience) {
    HttpServer server([reply](const HttpServer::Request&) { return reply; });
    WebDriver driver(loop.http, {server.url(""), {}});
    return loop.run(driver.command("POST", "/session/a/url", "", Deadline::in(limit)));
  }
  CommandFailure failure_answered(Reply reply, milliseconds limit = kPatience) {
    auto value = command_answered(std::move(reply), limit);
    return value ? CommandFailure::other : command_failure_of(value.error());
  }
  static Reply w3c(std::string code, std::string message) {
    return {.status = 500,
            .headers = {},
            .body = R"({"value":{"error":")" + code + R"(","message":")" + message + R"("}})"};
  }
  Loop loop;
};

TEST_F(WebDriverFake, AnswersTheValue) {
  auto value = command_answered({.body = R"({"value": {"a": 1}})"});
  ASSERT_TRUE(value) << value.error().to_string();
  EXPECT_EQ(text::integer_at(*value, "/a"), 1);
}

TEST_F(WebDriverFake, SendsAnEmptyObjectWhereTheMethodNeedsABody) {
  HttpServer server([](const HttpServer::Request&) { return Reply{.body = R"({"value":null})"}; });
  WebDriver driver(loop.http, {server.url(""), {}});
  (void)loop.run(driver.command("POST", "/session/a/back", "", Deadline::in(kPatience)));
  EXPECT_EQ(server.last_request().body, "{}");
  EXPECT_EQ(server.last_request().header("content-type"), "application/json");
  (void)loop.run(driver.command("DELETE", "/session/a", "", Deadline::in(kPatience)));
  EXPECT_EQ(server.last_request().body, "");
  EXPECT_EQ(server.last_request().method, "DELETE");
}

TEST_F(WebDriverFake, MapsErrorCodesOfTheStandard) {
  EXPECT_EQ(failure_answered(w3c("invalid session id", "x")), CommandFailure::session);
  EXPECT_EQ(failure_answered(w3c("timeout", "x")), CommandFailure::timeout);
  EXPECT_EQ(failure_answered(w3c("unexpected alert open", "x")), CommandFailure::dialog);
  EXPECT_EQ(failure_answered(w3c("javascript error", "x")), CommandFailure::script);
  EXPECT_EQ(failure_answered(w3c("no such window", "x")), CommandFailure::missing);
  EXPECT_EQ(failure_answered(w3c("unknown command", "x")), CommandFailure::unknown);
  EXPECT_EQ(failure_answered(w3c("session not created", "x")), CommandFailure::refused);
  EXPECT_EQ(failure_answered(w3c("made up", "x")), CommandFailure::other);
}

TEST_F(WebDriverFake, ReadsWhatChromeDriverSaysInWords) {
  EXPECT_EQ(failure_answered(
                w3c("unknown error", "unknown error: session deleted because of page crash\\nx")),
            CommandFailure::crashed);
  EXPECT_EQ(failure_answered(w3c("invalid session id", "session deleted because of page crash")),
            CommandFailure::crashed);
  EXPECT_EQ(failure_answered(w3c("unknown error", "unknown error: net::ERR_NAME_NOT_RESOLVED\\n")),
            CommandFailure::page);
  EXPECT_EQ(failure_answered(w3c("timeout", "timeout\\nfrom no such execution context\\n  (x)")),
            CommandFailure::replaced);
  EXPECT_EQ(failure_answered(w3c("disconnected", "disconnected: not connected to DevTools")),
            CommandFailure::session);
}

TEST_F(WebDriverFake, NamesTheNetworkErrorAndNothingElse) {
  const auto error =
      driver_error("unknown error", "unknown error: net::ERR_TOO_MANY_REDIRECTS (x)");
  EXPECT_EQ(net_error_of(error), "net::ERR_TOO_MANY_REDIRECTS");
  EXPECT_EQ(net_error_of(driver_error("unknown error", "boom")), "");
}

TEST_F(WebDriverFake, KeepsOnlyTheFirstLineOfALongMessage) {
  const auto error = driver_error("unknown error", std::string(5000, 'x') + "\n#0 stack");
  EXPECT_LE(text_of(error, "message").size(), 400u);
  EXPECT_EQ(text_of(error, "message").find('#'), std::string::npos);
}

TEST_F(WebDriverFake, RefusesAnswersThatAreNone) {
  EXPECT_EQ(failure_answered({.body = "not JSON"}), CommandFailure::protocol);
  EXPECT_EQ(failure_answered({.body = R"({"status": 0})"}), CommandFailure::protocol);
  EXPECT_EQ(failure_answered({.status = 502, .body = R"({"value": null})"}),
            CommandFailure::protocol);
  EXPECT_EQ(failure_answered({.status = 404, .body = "<html>"}), CommandFailure::protocol);
}

TEST_F(WebDriverFake, CutsACommandAtItsOwnDeadline) {
  const auto begin = Clock::now();
  EXPECT_EQ(failure_answered({.behaviour = HttpServer::Behaviour::hang}, milliseconds(200)),
            CommandFailure::deadline);
  EXPECT_LT(Clock::now() - begin, milliseconds(200) + kLateness);
}

TEST_F(WebDriverFake, TellsADriverThatIsNotThere) {
  test::RefusingPort port;
  WebDriver driver(loop.http, {port.url(""), {}});
  auto status = loop.run(driver.status(Deadline::in(kPatience)));
  ASSERT_FALSE(status);
  EXPECT_EQ(command_failure_of(status.error()), CommandFailure::transport);
}

TEST_F(WebDriverFake, RefusesASessionIdThatWouldChangeThePath) {
  HttpServer server([](const HttpServer::Request&) {
    return Reply{.body = R"({"value":{"sessionId":"a/../b","capabilities":{}}})"};
  });
  WebDriver driver(loop.http, {server.url(""), {}});
  auto session = loop.run(driver.new_session("{}", Deadline::in(kPatience)));
  ASSERT_FALSE(session);
  EXPECT_EQ(command_failure_of(session.error()), CommandFailure::protocol);
}

// A real ChromeDriver.
struct ChromeDriver : testing::Test {
  ChromeDriver() {
    WebDriver at(loop.http, driver.endpoint());
    auto made = loop.run(at.new_session(session_request(), Deadline::in(kPatience)));
    if (!made) throw std::runtime_error(made.error().to_string());
    session.emplace(loop.http, std::move(*made));
  }
  Deadline soon() { return Deadline::in(kPatience); }

  Loop loop;
  DriverProcess driver;
  HttpServer server{serving(
      {{"/", page("<!doctype html><title>Front</title><p style='height:3000px'>Hello")},
       {"/alert", page("<!doctype html><body>a<script>setTimeout(()=>alert('hi'),1)</script>")}})};
  std::optional<DriverSession> session;
};

TEST_F(ChromeDriver, NavigatesExecutesAndCloses) {
  EXPECT_TRUE(session->info().chromium);
  EXPECT_FALSE(session->info().browser_version.empty());
  ASSERT_TRUE(loop.run(session->navigate(server.url("/"), soon())));
  EXPECT_EQ(loop.run(session->url(soon())), server.url("/"));
  EXPECT_EQ(loop.run(session->title(soon())), "Front");
  EXPECT_THAT(loop.run(session->source(soon())).value_or(""), testing::HasSubstr("Hello"));
  auto sum = loop.run(
      session->execute("return arguments[0] + 1", Value::list(Value::integer(41)), soon()));
  ASSERT_TRUE(sum);
  EXPECT_EQ(*sum, Value::integer(42));
  auto later = loop.run(
      session->execute_async("setTimeout(() => arguments[0]('x'), 1)", Value::array(), soon()));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->as_string(), "x");
  auto thrown = loop.run(session->execute("throw new Error('no')", Value::array(), soon()));
  ASSERT_FALSE(thrown);
  EXPECT_EQ(command_failure_of(thrown.error()), CommandFailure::script);
  EXPECT_TRUE(loop.run(session->close(soon())));
  EXPECT_TRUE(loop.run(session->close(soon()))) << "closing twice is no error";
  auto stale = loop.run(session->title(soon()));
  ASSERT_FALSE(stale);
  EXPECT_EQ(command_failure_of(stale.error()), CommandFailure::session);
}

// Width and height are in the IHDR chunk, big endian.
Rect size_of_png(const std::string& png) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(png.at(i)); };
  const auto word = [&](std::size_t i) {
    return (at(i) << 24) + (at(i + 1) << 16) + (at(i + 2) << 8) + at(i + 3);
  };
  return {word(16), word(20)};
}

TEST_F(ChromeDriver, TakesPicturesOfViewportAndPage) {
  ASSERT_TRUE(loop.run(session->navigate(server.url("/"), soon())));
  auto viewport = loop.run(session->screenshot({}, soon()));
  ASSERT_TRUE(viewport) << viewport.error().to_string();
  auto whole = loop.run(session->screenshot({.capture = Capture::full_page}, soon()));
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_LT(size_of_png(*viewport).height, 3000);
  EXPECT_GE(size_of_png(*whole).height, 3000);
  // As for a driver without DevTools.
  SessionInfo plain = session->info();
  plain.chromium = false;
  DriverSession other(loop.http, plain);
  auto resized = loop.run(other.screenshot({.capture = Capture::full_page}, soon()));
  ASSERT_TRUE(resized) << resized.error().to_string();
  EXPECT_GE(size_of_png(*resized).height, 3000);
}

TEST_F(ChromeDriver, HandlesWindowsAndDialogs) {
  auto window = loop.run(session->window(soon()));
  ASSERT_TRUE(window);
  EXPECT_EQ(loop.run(session->windows(soon())), std::vector<std::string>{*window});
  EXPECT_TRUE(loop.run(session->switch_to(*window, soon())));
  ASSERT_TRUE(loop.run(session->set_window_rect({900, 700}, soon())));
  EXPECT_EQ(loop.run(session->window_rect(soon()))->width, 900);
  EXPECT_TRUE(loop.run(session->set_timeouts({milliseconds(2000), milliseconds(300)}, soon())));
  auto endless = loop.run(session->execute_async("", Value::array(), soon()));
  ASSERT_FALSE(endless);
  EXPECT_EQ(command_failure_of(endless.error()), CommandFailure::timeout);
  auto none = loop.run(session->alert_text(soon()));
  ASSERT_FALSE(none);
  EXPECT_EQ(command_failure_of(none.error()), CommandFailure::missing);
  (void)loop.run(session->execute("setTimeout(() => alert('hi'), 1)", Value::array(), soon()));
  Result<std::string> text = fail(none.error());
  for (const auto end = Clock::now() + kPatience; !text && Clock::now() < end;)
    text = loop.run(session->alert_text(soon()));
  EXPECT_EQ(text, "hi");
  EXPECT_TRUE(loop.run(session->dismiss_alert(soon())));
}

TEST_F(ChromeDriver, TellsACrashedPageAndADriverThatWent) {
  auto crash = loop.run(session->navigate("chrome://crash", soon()));
  ASSERT_FALSE(crash);
  EXPECT_EQ(command_failure_of(crash.error()), CommandFailure::crashed);
  driver.kill();
  // The browser ends after a moment; until then the driver reports that the page has crashed.
  Result<std::string> gone = fail(crash.error());
  for (const auto end = Clock::now() + kPatience;
       !gone && command_failure_of(gone.error()) == CommandFailure::crashed && Clock::now() < end;)
    gone = loop.run(session->title(soon()));
  ASSERT_FALSE(gone);
  EXPECT_EQ(command_failure_of(gone.error()), CommandFailure::transport);
}

}  // namespace
}  // namespace gvm::browser
