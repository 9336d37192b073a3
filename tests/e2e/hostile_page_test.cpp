// Pages that try to reach what they may not: a real browser in a real cell behind a real proxy,
// one page for each way out (tests/data/hostile/ways.json). Only resolver and connector are the
// test's, so that it sees every name and address; packets that take another way are counted in a
// network namespace where every address is local.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "base/error_codes.h"
#include "browser/cell.h"
#include "e2e/module.h"
#include "egress/dial.h"
#include "egress/proxy.h"
#include "support/any_address_sinks.h"
#include "support/cdp_client.h"
#include "support/http_server.h"
#include "support/process_tree.h"
#include "support/run_coroutine.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

namespace asio = boost::asio;
using browser::Cell;
using browser::CellOptions;
using browser::Isolation;
using egress::Endpoint;
using egress::Socket;
using test::HttpServer;
using testing::IsEmpty;

// The page is on a host that the operator trusts, whose name makes it a secure context, so that it
// may use everything a page can.
constexpr const char* kPageHost = "page.localhost";
constexpr const char* kPageAddress = "93.184.216.34";
constexpr const char* kPublicHost = "public.example.com";
constexpr const char* kPublicAddress = "93.184.216.35";
constexpr const char* kInternalHost = "internal.example.com";
constexpr const char* kInternalAddress = "10.0.0.5";

// For what a page does to happen; what does not happen is waited for this long.
constexpr auto kPatience = 6s * kSlowness;
constexpr auto kSettle = 600ms;

struct File {
  int status = 200;
  std::string type = "text/html";
  std::string body;
  HttpServer::Headers headers;
};

struct Way {
  std::string name;
  bool always_reaches = false;        // an allowed host, by this way
  bool never_reaches = false;         // whatever the policy; neither: it depends on Chromium
  std::map<std::string, File> files;  // "/page" is the page
};

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  return found == nullptr ? "" : std::string(found->as_string().value_or(""));
}

File file_of(const Value& value) {
  File file;
  file.body = text_at(value, "body");
  file.type = text_at(value, "type");
  if (const Value* status = value.find("status"))
    file.status = static_cast<int>(status->as_integer()->to_i64().value_or(0));
  if (const Value* headers = value.find("headers")) {
    for (const auto& [name, text] : *headers->as_map())
      file.headers.emplace_back(name.view(), *text.as_string());
  }
  return file;
}

std::vector<Way> ways() {
  std::ifstream in(std::string(GVM_SOURCE_DIR) + "/tests/data/hostile/ways.json");
  std::ostringstream text;
  text << in.rdbuf();
  const auto rows = text::parse_json(text.str());
  if (!rows) throw std::runtime_error(rows.error().to_string());
  std::vector<Way> out;
  for (const Value& row : *rows->as_array()) {
    Way way;
    way.name = text_at(row, "name");
    const bool* reaches = row.find("reaches")->as_bool();
    way.always_reaches = reaches != nullptr && *reaches;
    way.never_reaches = reaches != nullptr && !*reaches;
    way.files["/page"].body = text_at(row, "html");
    if (const Value* files = row.find("files")) {
      for (const auto& [path, file] : *files->as_map())
        way.files[std::string(path.view())] = file_of(file);
    }
    out.push_back(std::move(way));
  }
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// The page's own site, and the public host.
class Site {
 public:
  Site() : server_([this](const HttpServer::Request& request) { return answer(request); }) {}

  // `target` is "host" or "host:port".
  void show(const Way& way, const std::string& target) {
    const std::lock_guard lock(mutex_);
    files_ = way.files;
    // Without the port; the colons of an IPv6 address stand before its bracket.
    const auto colon = target.rfind(':');
    const bool has_port = colon != target.npos && target.back() != ']';
    const std::string host = has_port ? target.substr(0, colon) : target;
    const auto fill = [&](std::string text) {
      text = replaced(std::move(text), "{URL}", "http://" + target + "/hit");
      text = replaced(std::move(text), "{URLS}", "https://" + target + "/hit");
      text = replaced(std::move(text), "{WSS}", "wss://" + target + "/hit");
      text = replaced(std::move(text), "{WS}", "ws://" + target + "/hit");
      text = replaced(std::move(text), "{NAME}", way.name);
      return replaced(std::move(text), "{HOST}", host);
    };
    for (auto& [path, file] : files_) {
      file.body = fill(file.body);
      for (auto& [name, text] : file.headers) text = fill(text);
    }
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  HttpServer::Reply answer(const HttpServer::Request& request) {
    const std::lock_guard lock(mutex_);
    HttpServer::Reply reply;
    const auto found = files_.find(request.target.substr(0, request.target.find('?')));
    if (found == files_.end()) {
      reply.status = request.target == "/hit" ? 200 : 404;
      return reply;
    }
    reply.status = found->second.status;
    reply.body = found->second.body;
    reply.headers = found->second.headers;
    reply.headers.emplace_back("Content-Type", found->second.type);
    return reply;
  }

  std::mutex mutex_;
  std::map<std::string, File> files_;
  HttpServer server_;
};

struct Names final : net::Resolver {
  asio::awaitable<Result<net::Addresses>> resolve(std::string host, Deadline) override {
    const std::map<std::string, const char*> known = {{kPageHost, kPageAddress},
                                                      {kPublicHost, kPublicAddress},
                                                      {kInternalHost, kInternalAddress},
                                                      {"localhost", "127.0.0.1"}};
    asked.insert(host);
    const auto found = known.find(host);
    if (found == known.end())
      co_return fail(codes::kSendingRequest, Fatality::fatal, "no such name");
    net::Addresses out{asio::ip::make_address(found->second)};
    co_return out;
  }
  std::set<std::string> asked;
};

// Everything public leads to the site.
struct Connector final : egress::Dialer {
  explicit Connector(asio::any_io_executor e) : executor(std::move(e)) {}
  asio::awaitable<Result<Socket>> dial(Endpoint endpoint, Deadline) override {
    dialled.insert(endpoint.address().to_string());
    Socket socket(executor);
    const Endpoint site(asio::ip::address_v4::loopback(), port);
    const auto [error] = co_await socket.async_connect(site, asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(codes::kSendingRequest, Fatality::fatal, error.message());
    co_return std::move(socket);
  }
  asio::any_io_executor executor;
  std::uint16_t port = 0;
  std::set<std::string> dialled;
};

// What one page did.
struct Deeds {
  std::set<std::string> dialled;
  std::size_t refusals = 0;
  std::vector<egress::Refused> refused;
};

// The module's side, on a thread of its own as in the module.
class Renderer {
 public:
  explicit Renderer(Isolation isolation) {
    thread_ = std::thread([this] { io_.run(); });
    CellOptions options;
    options.runtime_dir = folder_.file("run");
    options.isolation = isolation;
    auto starting = Cell::start(io_.get_executor(), options, Deadline::in(60s));
    auto cell = asio::co_spawn(io_, std::move(starting), asio::use_future).get();
    if (!cell) throw std::runtime_error(cell.error().to_string());
    cell_ = std::move(*cell);
    connector_.port = site.port();
    on_lane([&] {
      auto listeners = cell_->take_listeners();
      refused_slot_ = proxy_.listen(std::move(listeners.refused));
      slot_ = proxy_.listen(std::move(listeners.slots.at(0)));
    });
    connect();
  }
  ~Renderer() {
    cdp_.reset();
    on_lane([&] {
      slot_.reset();
      refused_slot_.reset();
    });
    if (cell_) asio::co_spawn(io_, cell_->stop(), asio::use_future).get();
    cell_.reset();
    work_.reset();
    thread_.join();
  }
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  template <class F>
  void on_lane(F&& work) {
    asio::post(io_, std::packaged_task<void()>(std::ref(work))).get();
  }

  // Opens the page in a context of its own; waits until `enough` holds, or `patience` is over.
  template <class Enough>
  Deeds visit(Enough&& enough, std::chrono::milliseconds patience, std::string* text = nullptr) {
    open_slot();
    const auto context = test::json_field(
        cdp_->call("Target.createBrowserContext",
                   R"({"disposeOnDetach":true,"proxyBypassList":"<-loopback>","proxyServer":")" +
                       cell_->proxy_url(0) + "\"}"),
        "browserContextId");
    const auto target = test::json_field(
        cdp_->call("Target.createTarget",
                   R"({"url":"about:blank","browserContextId":")" + context + "\"}"),
        "targetId");
    const auto session = test::json_field(
        cdp_->call("Target.attachToTarget", R"({"flatten":true,"targetId":")" + target + "\"}"),
        "sessionId");
    const auto shown = cdp_->call(
        "Page.navigate", std::string(R"({"url":"http://)") + kPageHost + "/page\"}", session);
    EXPECT_EQ(test::json_field(shown, "errorText"), "") << shown;
    cdp_->call("Runtime.evaluate",
               R"js({"userGesture":true,"expression":"typeof go=='function'&&go()"})js", session);
    Deeds deeds;
    (void)eventually([&] { return enough(deeds = look()); }, patience);
    if (text != nullptr)
      *text =
          cdp_->call("Runtime.evaluate", R"({"expression":"document.body.innerText"})", session);
    try {
      cdp_->call("Target.disposeBrowserContext", R"({"browserContextId":")" + context + "\"}");
    } catch (const std::runtime_error& error) {
      ADD_FAILURE() << error.what();  // with the name of the way
      connect();
    }
    deeds = look();
    on_lane([&] { slot_->close(); });
    return deeds;
  }

  std::set<std::string> asked() {
    std::set<std::string> out;
    on_lane([&] { out = names_.asked; });
    return out;
  }
  std::size_t refused_by_default_slot() {
    std::size_t out = 0;
    on_lane([&] { out = refused_slot_->usage().refusals; });
    return out;
  }
  Cell& cell() { return *cell_; }
  pid_t first_inside() const { return test::process_tree(cell_->pid()).at(1); }

  Site site;

 private:
  void connect() {
    cdp_ = std::make_unique<test::CdpClient>(
        cell_->devtools_socket().string(), cell_->devtools_address(), cell_->devtools_path(), 60s);
  }
  void open_slot() {
    policy::UrlRulesConfig rules;
    rules.always_allow_hosts = {kPageHost};
    auto compiled = policy::UrlRules::compile(rules, policy::AddressRules());
    if (!compiled) throw std::runtime_error(compiled.error().to_string());
    const auto policy = std::make_shared<egress::SlotPolicy>();
    policy->rules = std::make_shared<policy::UrlRules>(std::move(*compiled));
    on_lane([&] {
      connector_.dialled.clear();
      slot_->open(policy);
    });
  }
  Deeds look() {
    Deeds deeds;
    on_lane([&] {
      deeds.dialled = connector_.dialled;
      deeds.refusals = slot_->usage().refusals;
      deeds.refused = slot_->usage().refused;
    });
    return deeds;
  }

  TempFolder folder_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::thread thread_;
  Names names_;
  Connector connector_{io_.get_executor()};
  egress::Proxy proxy_{io_.get_executor(), names_, connector_};
  std::unique_ptr<Cell> cell_;
  std::unique_ptr<egress::Slot> refused_slot_;
  std::unique_ptr<egress::Slot> slot_;
  std::unique_ptr<test::CdpClient> cdp_;
};

const std::vector<std::uint16_t> kTcpSinks = {80, 443, 3478, 7777, 8080};
const std::vector<std::uint16_t> kUdpSinks = {53, 80, 443, 3478, 5353, 7777};

// Spellings of places inside, one of which each page tries.
const std::vector<std::string> kInside = {"10.0.0.1",    "127.0.0.1:7777",    "localhost",
                                          "[::1]",       kInternalHost,       "169.254.169.254",
                                          "0x7f.1:8080", "[::ffff:10.0.0.1]", "2130706433:80",
                                          "0",           "192.168.1.1:8080",  "[fd00::1]:8080"};

struct Hostile : testing::Test {
  explicit Hostile(Isolation isolation) {
    // Without namespaces around the browser, there is one around this test.
    if (isolation == Isolation::processes) own_network.emplace();
    renderer = std::make_unique<Renderer>(isolation);
    const bool inside = renderer->cell().protection().network;
    sinks = std::make_unique<test::AnyAddressSinks>(inside ? renderer->first_inside() : 0,
                                                    kTcpSinks, kUdpSinks);
    sinks->knock("10.1.2.3");
    EXPECT_EQ(sinks->take().size(), kTcpSinks.size() + kUdpSinks.size());
  }
  std::optional<test::OwnNetwork> own_network;
  std::unique_ptr<Renderer> renderer;
  std::unique_ptr<test::AnyAddressSinks> sinks;
};

const char* name_of(Isolation isolation) {
  return isolation == Isolation::best ? "InNamespaces" : "FlagsAndProxy";
}

// The ways in parts, as tests may run side by side.
constexpr std::size_t kParts = 4;
struct HostileWays : Hostile, testing::WithParamInterface<std::tuple<Isolation, std::size_t>> {
  HostileWays() : Hostile(std::get<0>(GetParam())) {
    const auto all = ways();
    for (std::size_t i = std::get<1>(GetParam()); i < all.size(); i += kParts)
      part.push_back(all[i]);
  }
  std::vector<Way> part;
};
struct HostilePages : Hostile, testing::WithParamInterface<Isolation> {
  HostilePages() : Hostile(GetParam()) {}
};

const std::set<std::string> kAllowed = {kPageAddress, kPublicAddress};

std::vector<std::string> outside_of_allowed(const Deeds& deeds) {
  std::vector<std::string> out;
  for (const auto& address : deeds.dialled) {
    if (!kAllowed.contains(address)) out.push_back(address);
  }
  return out;
}

TEST_P(HostileWays, ReachNothingThatTheyMayNot) {
  std::size_t index = 0;
  for (const Way& way : part) {
    const std::string& target = kInside[index++ % kInside.size()];
    SCOPED_TRACE(way.name + " to " + target);
    renderer->site.show(way, target);
    const auto refused = [](const Deeds& deeds) { return deeds.refusals > 0; };
    const Deeds deeds = renderer->visit(refused, way.always_reaches ? 2 * kSettle : kSettle);
    EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
    EXPECT_FALSE(deeds.dialled.contains(kPublicAddress));
    EXPECT_TRUE(deeds.dialled.contains(kPageAddress)) << "the page was not shown";
    EXPECT_THAT(sinks->take(), IsEmpty());
  }
  EXPECT_TRUE(renderer->cell().alive());
  EXPECT_FALSE(renderer->asked().contains("name-dns-prefetch.example.com"));
}

// The same pages with an allowed host: they do try.
TEST_P(HostileWays, ReachAnAllowedHostByTheSameWays) {
  std::size_t count = 0;
  for (const Way& way : part) {
    SCOPED_TRACE(way.name);
    renderer->site.show(way, kPublicHost);
    const auto reached = [](const Deeds& deeds) { return deeds.dialled.contains(kPublicAddress); };
    const Deeds deeds = renderer->visit(reached, way.always_reaches ? kPatience : 2 * kSettle);
    EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
    if (way.always_reaches || way.never_reaches) {
      EXPECT_EQ(reached(deeds), way.always_reaches);
    }
    count += reached(deeds) ? 1 : 0;
  }
  EXPECT_GE(count, 40U / kParts);
  EXPECT_THAT(sinks->take(), IsEmpty());
}

// The programs that drive the page are as near as can be.
TEST_P(HostilePages, CannotReachTheDriverNorDevtools) {
  for (const auto& address :
       {renderer->cell().driver_address(), renderer->cell().devtools_address(),
        renderer->cell().proxy_url(1).substr(7)}) {
    const auto port = address.substr(address.find(':'));
    for (const auto* host : {"127.0.0.1", "localhost", "[::1]", "127.1", "2130706433", "0x7f000001",
                             "0177.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "127.0.0.2"}) {
      SCOPED_TRACE(host + port);
      Way way;
      way.files["/page"].body =
          "<body>waiting<script>var s=new WebSocket('{WS}');s.onopen=()=>document.body.textContent="
          "'reached';var t=document.createElement('script');t.src='{URL}';"
          "t.onload=()=>document.body.textContent='reached';document.body.append(t);"
          "fetch('http://{HOST}" +
          port +
          "/session',{method:'POST',mode:'no-cors',body:'{\"capabilities\":{}}'}).catch(()=>0)"
          "</script>";
      renderer->site.show(way, host + port);
      std::string text;
      const auto refused = [](const Deeds& deeds) { return deeds.refusals >= 3; };
      const Deeds deeds = renderer->visit(refused, kSettle, &text);
      EXPECT_THAT(outside_of_allowed(deeds), IsEmpty());
      EXPECT_THAT(text, testing::HasSubstr("waiting"));
      EXPECT_GE(deeds.refusals, 1U) << "not through the proxy";
    }
  }
  EXPECT_TRUE(renderer->cell().alive());
}

TEST_P(HostilePages, AnAllowedPageStillRenders) {
  Way way;
  way.files["/page"].body =
      "<!doctype html><link rel=stylesheet href=/a.css><h1>allowed</h1><p id=p></p>"
      "<script src=/a.js></script>";
  way.files["/a.css"] = {.status = 200, .type = "text/css", .body = "h1{color:red}", .headers = {}};
  way.files["/a.js"] = {.status = 200,
                        .type = "text/javascript",
                        .body =
                            "p.textContent='and scripted';"
                            "new Image().src='http://10.0.0.1/x.png'",
                        .headers = {}};
  renderer->site.show(way, kPublicHost);
  std::string text;
  const Deeds deeds =
      renderer->visit([](const Deeds& d) { return d.refusals >= 1; }, kPatience, &text);
  EXPECT_THAT(text, testing::HasSubstr("allowed\\n\\nand scripted"));
  ASSERT_EQ(deeds.refusals, 1U);
  EXPECT_EQ(deeds.refused[0].destination, "10.0.0.1:80");
}

INSTANTIATE_TEST_SUITE_P(Egress, HostileWays,
                         testing::Combine(testing::Values(Isolation::best, Isolation::processes),
                                          testing::Range<std::size_t>(0, kParts)),
                         [](const auto& how) {
                           return std::string(name_of(std::get<0>(how.param))) +
                                  std::to_string(std::get<1>(how.param));
                         });
INSTANTIATE_TEST_SUITE_P(Egress, HostilePages,
                         testing::Values(Isolation::best, Isolation::processes),
                         [](const auto& how) { return std::string(name_of(how.param)); });

}  // namespace
}  // namespace gvm::e2e
