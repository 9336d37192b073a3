#pragma once
// A cell and its proxy, with the test's own resolver and dialer, which see every name and every
// address that a page asks for. Included by one test only.
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "base/error_codes.h"
#include "browser/cell.h"
#include "e2e/hostile_ways.h"
#include "e2e/module.h"
#include "egress/dial.h"
#include "egress/proxy.h"
#include "support/cdp_client.h"
#include "support/process_tree.h"
#include "support/run_coroutine.h"

namespace gvm::e2e {

namespace asio = boost::asio;
using browser::Cell;
using browser::CellOptions;
using browser::Isolation;
using egress::Endpoint;
using egress::Socket;

// The page is on a host that the operator trusts, and whose name makes it a secure context, so that
// it may use all functions of a page.
inline constexpr const char* kPageHost = "page.localhost";
inline constexpr const char* kPageAddress = "93.184.216.34";
inline constexpr const char* kPublicHost = "public.example.com";
inline constexpr const char* kPublicAddress = "93.184.216.35";
inline constexpr const char* kInternalHost = "internal.example.com";
inline constexpr const char* kInternalAddress = "10.0.0.5";

// Time for a page to do something; a test that nothing happens waits this long.
inline constexpr auto kPatience = 6s * kSlowness;
inline constexpr auto kSettle = 600ms;

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

// Every public address leads to the test's site.
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

// What one page has done.
struct Deeds {
  std::set<std::string> dialled;
  std::size_t refusals = 0;
  std::vector<egress::Refused> refused;
};

// The module's side, on a thread of its own, as in the module.
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

  // Opens the page in a new context; waits until `enough` is true, or `patience` is over.
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
    click(session);
    Deeds deeds;
    (void)eventually([&] { return enough(deeds = look()); }, patience);
    if (text != nullptr)
      *text =
          cdp_->call("Runtime.evaluate", R"({"expression":"document.body.innerText"})", session);
    let_go(context);
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

  HostileSite site;

 private:
  // Simulates a visitor's click on pages that wait for one. The navigation's reply comes when the
  // document begins; its script may not have been read yet.
  void click(const std::string& session) {
    const auto is_read = [&] {
      const auto reply = cdp_->call("Runtime.evaluate",
                                    R"({"expression":"document.readyState!='loading'"})", session);
      return reply.find(R"("value":true)") != std::string::npos;
    };
    (void)eventually(is_read, kPatience);
    cdp_->call("Runtime.evaluate",
               R"js({"userGesture":true,"expression":"typeof go=='function'&&go()"})js", session);
  }
  void connect() {
    cdp_ = std::make_unique<test::CdpClient>(
        cell_->devtools_socket().string(), cell_->devtools_address(), cell_->devtools_path(), 60s);
  }
  // Chromium sometimes does not end a page that is still busy when it is unloaded. The pool
  // replaces such a browser; here the page ends with the connection that made it.
  void let_go(const std::string& context) {
    try {
      cdp_->call("Target.disposeBrowserContext", R"({"browserContextId":")" + context + "\"}", {},
                 10s);
    } catch (const std::runtime_error&) {
      connect();
    }
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

}  // namespace gvm::e2e
