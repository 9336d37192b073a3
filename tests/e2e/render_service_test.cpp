// GenLayer's rendering service as we offer it, asked by our own client of such services and by
// hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "e2e/field_render_script.h"
#include "e2e/web.h"
#include "support/held_port.h"
#include "support/http_server.h"
#include "support/wire_client.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;
using testing::StartsWith;

HttpServer::Reply site(const HttpServer::Request& request) {
  const HttpServer::Reply page{.headers = {{"Content-Type", "text/html"}},
                               .body = "<h1>Prices</h1><p>Gold and silver</p>"};
  if (request.target == "/?a=b+c&d=%26") return page;
  if (request.target == "/") return page;
  if (request.target == "/slow") return {.behaviour = HttpServer::Behaviour::hang};
  return {.status = 404, .headers = {{"Content-Type", "text/html"}}, .body = "<p>no such page</p>"};
}

// Of a log line.
std::string address_of(const std::string& line) {
  const auto parsed = text::parse_json(line);
  return std::string(parsed ? parsed->find("address")->as_string().value_or("") : "");
}

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

std::string http_get(const std::string& address, const std::string& target) {
  auto client = test::WireClient::tcp(port_of(address));
  client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

// The command with a web module's file.
struct Offering {
  explicit Offering(const std::string& more = "browser: {engine: http}\n")
      : process({program("genvm-modules"), "render-service", "--config",
                 write_config(folder, browser_options(more)), "--bind", "127.0.0.1:0"}) {
    const auto ready = process.wait_for_line("\"message\":\"ready\"", 90s);
    if (!ready) throw std::runtime_error("not ready: " + process.err() + process.out());
    address = address_of(*ready);
  }
  ~Offering() {
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(20s), 0) << process.err();
  }
  std::string get(const std::string& target) const { return http_get(address, target); }

  TempFolder folder;
  test::Process process;
  std::string address;
};

TEST(RenderService, OurOwnClientReadsItsPages) {
  HttpServer server(site);
  const Offering offering("");
  const Module asking({.program = "genvm-web",
                       .more = "webdriver_host: http://" + offering.address +
                               "\nalways_allow_hosts: [\"127.0.0.1\"]\n"});
  GenVm genvm(asking.port(), hello_b());
  EXPECT_EQ(page_text(genvm.ask(render(server.url("/?a=b+c&d=%26")))), "Prices\n\nGold and silver");
  EXPECT_THAT(page_text(genvm.ask(render(server.url(), "html"))), HasSubstr("<h1>Prices</h1>"));
  const Reply picture = genvm.ask(render(server.url(), "screenshot"));
  ASSERT_NE(picture.data.find("image"), nullptr) << picture.shown;
  EXPECT_THAT(std::string(picture.data.find("image")->as_bytes().value()), StartsWith("\x89PNG"));
  const Reply missing = genvm.ask(render(server.url("/missing")));
  EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(json::write(*missing.ctx.find("status")), "404") << missing.shown;
  EXPECT_THAT(asking.http("/health"), HasSubstr("rendering service"));
}

TEST(RenderService, AnswersInTheServicesFormAndNothingElse) {
  HttpServer server(site);
  const Offering offering;
  const std::string page = offering.get("/render?mode=text&url=" + server.url());
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("\r\nResulting-Status: 200\r\n"));
  EXPECT_THAT(page, HasSubstr("Gold and silver"));
  const std::string missing = offering.get("/render?mode=text&url=" + server.url("/missing"));
  EXPECT_THAT(missing, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(missing, HasSubstr("\r\nResulting-Status: 404\r\n"));
  EXPECT_THAT(missing, HasSubstr("no such page"));
  EXPECT_THAT(offering.get("/healthcheck"), StartsWith("HTTP/1.1 200"));
  for (const char* target : {"/", "/health", "/metrics", "/status", "/session", "/Render?url=x",
                             "/render/?url=x", "/healthcheck/x"})
    EXPECT_THAT(offering.get(target), StartsWith("HTTP/1.1 404")) << target;
  for (const char* target : {"/render", "/render?mode=text", "/render?url=http://a.com/&mode=pdf",
                             "/render?url=http://a.com/&waitAfterLoaded=-1",
                             "/render?url=http://a.com/&waitAfterLoaded=soon"})
    EXPECT_THAT(offering.get(target), StartsWith("HTTP/1.1 400")) << target;
}

TEST(RenderService, KeepsTheModulesPolicy) {
  const Offering offering;
  for (const char* url : {"http://169.254.169.254/latest/", "http://10.0.0.1/",
                          "ftp://example.com/", "http://0x0a.1/", "file:///etc/passwd"}) {
    const std::string answer = offering.get("/render?mode=text&url=" + std::string(url));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200")) << url;
    EXPECT_THAT(answer, HasSubstr("\r\nResulting-Status: 403\r\n")) << url;
    EXPECT_THAT(answer, HasSubstr("FORBIDDEN")) << url;
  }
  test::RefusingPort nobody;
  EXPECT_THAT(offering.get("/render?mode=text&url=" + nobody.url()),
              HasSubstr("Resulting-Status: 5"));
}

TEST(RenderService, HasNoSessions) {
  const Offering offering;
  auto client = test::WireClient::tcp(port_of(offering.address));
  client.send(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 404"));
  auto framed = test::WireClient::tcp(port_of(offering.address));
  framed.send_frame("hello");
  EXPECT_EQ(framed.receive_frame(), std::nullopt);
}

TEST(RenderService, APeerThatGoesEndsItsPage) {
  HttpServer server(site);
  const Offering offering;
  {
    auto client = test::WireClient::tcp(port_of(offering.address));
    client.send("GET /render?mode=text&url=" + server.url("/slow") +
                " HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(server.wait_for_requests(1, 10s));
    EXPECT_EQ(server.open_connections(), 1U);
  }
  EXPECT_TRUE(server.wait_for_open_connections(0, 5s));
}

TEST(RenderService, AStopEndsAPageThatHangs) {
  HttpServer server(site);
  auto offering =
      std::make_unique<Offering>("browser: {engine: http}\nserve: {shutdown_grace: 1s}\n");
  auto client = test::WireClient::tcp(port_of(offering->address));
  client.send("GET /render?mode=text&url=" + server.url("/slow") + " HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(server.wait_for_requests(1, 10s));
  offering.reset();
  EXPECT_TRUE(server.wait_for_open_connections(0, 5s));
}

// The key of the web module: sessions and the service in one process.
std::string offered_at(const std::string& address) {
  return "render_service: {bind_address: " + address + "}\n";
}

TEST(RenderServiceKey, AModuleWithSessionsOffersItToo) {
  HttpServer server(site);
  Module module(web_options(offered_at("127.0.0.1:0")));
  const auto ready = module.process().wait_for_line("\"message\":\"ready\"", 10s);
  const auto line = text::parse_json(ready.value());
  ASSERT_TRUE(line && line->find("further_address") != nullptr) << *ready;
  const std::string address(line->find("further_address")->as_string().value());
  const auto page = http_get(address, "/render?mode=text&url=" + server.url());
  EXPECT_THAT(page, HasSubstr("Gold and silver"));
  EXPECT_THAT(page, HasSubstr("\r\nResulting-Status: 200\r\n"));
  EXPECT_THAT(http_get(address, "/metrics"), StartsWith("HTTP/1.1 404"));
  GenVm genvm(module.port(), hello_b());
  EXPECT_EQ(status_of(genvm.ask(get(server.url()))), 200);
  EXPECT_THAT(module.http("/render?url=" + server.url()), StartsWith("HTTP/1.1 404"))
      << "not on the module's own port";
}

TEST(RenderServiceKey, ScriptsOfTheFieldFindItAtWebdriverHost) {
  HttpServer server(site);
  const test::HeldPort port;
  auto options =
      web_options(offered_at(port.address()) + "webdriver_host: http://" + port.address() + "\n");
  options.script = field_render_script("");
  const Module module(options);
  GenVm genvm(module.port(), hello_b());
  EXPECT_EQ(page_text(genvm.ask(render(server.url()))), "Prices\n\nGold and silver");
  const Reply missing = genvm.ask(render(server.url("/missing")));
  EXPECT_EQ(missing.outcome(), "UserError WEBPAGE_LOAD_FAILED");
  EXPECT_EQ(json::write(*missing.ctx.find("status")), "404") << missing.shown;
}

TEST(RenderServiceKey, NoContractReachesTheService) {
  const test::HeldPort port;
  const Module module(
      {.program = "genvm-web", .more = "browser: {engine: http}\n" + offered_at(port.address())});
  GenVm genvm(module.port());
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]"}) {
    const auto url =
        "http://" + host + ":" + std::to_string(port.number()) + "/render?url=http://a.com/";
    EXPECT_THAT(genvm.ask(get(url)).outcome(), StartsWith("UserError")) << url;
    EXPECT_THAT(genvm.ask(render(url)).outcome(), StartsWith("UserError")) << url;
  }
}

TEST(RenderServiceKey, ATakenPortIsAStartErrorThatNamesIt) {
  HttpServer other(site);
  const TempFolder folder;
  const auto config =
      write_config(folder, web_options(offered_at("127.0.0.1:" + std::to_string(other.port()))));
  const auto run = test::run_program({program("genvm-web"), "--config", config});
  EXPECT_EQ(run.exit_code, 75);
  EXPECT_THAT(run.err, HasSubstr("LISTEN_FAILED"));
  EXPECT_THAT(run.err, HasSubstr(std::to_string(other.port())));
}

// As a host of the field has it: its own module asks port 4444.
TEST(RenderService, TakesTheFileOfAModuleThatAsksSuchAService) {
  HttpServer server(site);
  const Offering offering("webdriver_host: http://127.0.0.1:4444\nbrowser: {engine: http}\n");
  EXPECT_THAT(offering.get("/render?url=" + server.url()), HasSubstr("Gold and silver"));
}

}  // namespace
}  // namespace gvm::e2e
