#pragma once
// A pool with real browsers in real cells, whose pages come from the test's own server under public
// names. Included by tests only.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "browser/pool.h"
#include "browser/test_drivers.h"
#include "egress/test_proxy.h"
#include "support/process_tree.h"

namespace gvm::browser {

// The pages that most tests need.
inline Site public_site() {
  Site pages;
  pages["/"] = page("<!doctype html><title>T</title><h1>Hello</h1><p>some \n text</p>");
  pages["/set"] =
      page("<script>document.cookie='seen=1;path=/';localStorage.a='stored'</script>set");
  pages["/get"] = page(
      "<script>document.write('cookie [' + document.cookie + '] storage [' + "
      "(localStorage.a || '') + ']')</script>");
  pages["/endless"] = page("<p>a<script>for (;;);</script>");
  pages["/hang"] = {.behaviour = HttpServer::Behaviour::hang};
  pages["/waits"] = page("<p>text<img src=/hang>");
  pages["/outside"] = page(
      "<p id=p>waiting</p><script>fetch('http://127.0.0.1:1/').catch(() => "
      "{ p.textContent = 'refused' })</script>");
  pages["/conditions"] = page(R"(<body><script>
      const d = new Date(2024, 5, 1);
      document.body.innerText = [innerWidth, innerHeight, devicePixelRatio, navigator.language,
        Intl.DateTimeFormat().resolvedOptions().timeZone, d.getTimezoneOffset(),
        navigator.userAgent, matchMedia('(prefers-reduced-motion: reduce)').matches,
        (1234.5).toLocaleString()].join('|');
      </script>)");
  pages["/moving"] = page(
      "<!doctype html><style>@keyframes in{from{visibility:hidden}to{opacity:1}}"
      "@keyframes spin{to{transform:rotate(1turn)}}p{animation:in 3s}"
      "div{width:90px;height:9px;background:linear-gradient(red,blue);"
      "animation:spin 1s infinite linear}</style><p>faded in \u00e4\u6f22</p><div></div>"
      "<input autofocus value=typed>");
  return pages;
}

struct OwnPoolFixture : testing::Test {
  OwnPoolFixture() {
    std::string name = "/tmp/gvm-pool-XXXXXX";
    folder = ::mkdtemp(name.data());
    resolver.names["page.example.com"] = {"93.184.216.34"};
    dialer.port = server.port();
    policy = std::make_shared<egress::SlotPolicy>();
    auto rules = policy::UrlRules::compile({}, policy::AddressRules());
    policy->rules = std::make_shared<policy::UrlRules>(std::move(*rules));
  }
  ~OwnPoolFixture() override {
    stop();
    std::filesystem::remove_all(folder);
  }

  void start(PoolOptions options = {}) {
    options.cell.runtime_dir = folder / "run";
    pool.emplace(loop.context.get_executor(), loop.http, &proxy, std::move(options), logger());
  }
  void stop() {
    if (!pool) return;
    test::run(loop.context, pool->stop(), kPatience);
    pool.reset();
    loop.context.restart();
    loop.context.poll();
  }
  Result<Lease> lease(milliseconds patience = kPatience) {
    return loop.run(pool->lease(loop.http, policy, Deadline::in(patience)));
  }
  Result<RenderResult> render(Lease& lease, const std::string& path,
                              RenderMode mode = RenderMode::text) {
    RenderRequest request{.url = "http://page.example.com" + path, .mode = mode};
    return loop.run(lease.render(std::move(request), Deadline::in(kPatience)));
  }
  // Uses a lease of its own.
  std::string content(const std::string& path, RenderMode mode = RenderMode::text) {
    auto leased = lease();
    if (!leased) return "no lease: " + leased.error().to_string();
    auto result = render(*leased, path, mode);
    return result ? result->content : "error: " + result.error().to_string();
  }
  bool until(std::function<bool()> done) {
    return test::run_until(loop.context, std::move(done), kPatience);
  }
  // With GVM_TEST_LOG in the environment the pool's log goes to standard error.
  static log::Logger logger() {
    if (std::getenv("GVM_TEST_LOG") == nullptr) return {};
    return log::Logger::open({.level = log::Level::debug, .fd = 2}, nullptr);
  }
  static std::vector<pid_t> cells() {
    return test::with_command(test::process_tree(::getpid()), "genvm-browser-cell");
  }
  void expect_nothing_left() {
    stop();
    EXPECT_THAT(test::process_tree(::getpid()), testing::ElementsAre(::getpid()));
    const auto run = folder / "run";
    EXPECT_TRUE(!std::filesystem::exists(run) || std::filesystem::is_empty(run));
  }

  std::filesystem::path folder;
  Loop loop;
  HttpServer server{serving(public_site())};
  egress::ScriptedResolver resolver;
  egress::ScriptedDialer dialer{loop.context.get_executor()};
  egress::Proxy proxy{loop.context.get_executor(), resolver, dialer};
  std::shared_ptr<egress::SlotPolicy> policy;
  std::optional<Pool> pool;
};

}  // namespace gvm::browser
