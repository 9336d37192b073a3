// Pages rendered by a browser: through the pool (a session for each page, with policy and egress
// proxy), and by driving ChromeDriver directly (one session for all pages, no policy), in the same
// run. Needs genvm-browser-cell in the same folder. Usage: bench_render [pages]
#include <fmt/format.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "browser/pool.h"
#include "canned_server.h"
#include "egress/proxy.h"
#include "net/http_client.h"
#include "policy/url_rules.h"

namespace {

using namespace gvm;
namespace asio = boost::asio;
using browser::DriverSession;
using browser::Lease;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kParagraphs = 40;
constexpr std::size_t kManyParagraphs = 64'500;  // 4.9 MB
constexpr const char* kUrl = "http://page.example.com/";
constexpr std::size_t kAtOnce = 2;
constexpr std::size_t kBrowsers = 4;
const Deadline kAmple = Deadline::in(std::chrono::minutes(10));

std::string page_answer(std::size_t paragraphs) {
  std::string body = "<!doctype html><title>Bench</title><h1>A static page</h1>";
  for (std::size_t i = 0; i < paragraphs; ++i)
    body +=
        fmt::format("<p>Paragraph {} has <b>some</b> words and <a href=/{}>a link</a>.</p>", i, i);
  return fmt::format(
      "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\r\n{}",
      body.size(), body);
}

struct OneName final : net::Resolver {
  asio::awaitable<Result<net::Addresses>> resolve(std::string, Deadline) override {
    net::Addresses out{asio::ip::make_address("93.184.216.34")};
    co_return out;
  }
};

// All connections go to the benchmark's own server: nothing leaves the machine.
struct ToServer final : egress::Dialer {
  ToServer(asio::io_context& c, std::uint16_t p) : context(c), port(p) {}
  asio::awaitable<Result<egress::Socket>> dial(asio::ip::tcp::endpoint, Deadline) override {
    egress::Socket socket(context);
    const asio::ip::tcp::endpoint target(asio::ip::address_v4::loopback(), port);
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await socket.async_connect(target, kToken);
    if (error) std::abort();
    co_return std::move(socket);
  }
  asio::io_context& context;
  std::uint16_t port;
};

void must(bool good, std::string_view what) {
  if (good) return;
  fmt::print(stderr, "bench_render: {}\n", what);
  std::exit(1);
}

struct Bench {
  explicit Bench(std::size_t paragraphs) : server(0, page_answer(paragraphs)) {
    std::string name = "/tmp/gvm-bench-XXXXXX";
    folder = ::mkdtemp(name.data());
    auto rules = policy::UrlRules::compile({}, policy::AddressRules());
    auto slot = std::make_shared<egress::SlotPolicy>();
    slot->rules = std::make_shared<policy::UrlRules>(std::move(*rules));
    policy = slot;
    browser::PoolOptions options;
    options.cell.runtime_dir = folder;
    options.max_browsers = kBrowsers;
    options.min_warm = kAtOnce;
    if (const char* at = std::getenv("GVM_BROWSER")) options.cell.browser = at;
    options.pages_per_browser = 100'000;
    pool.emplace(context.get_executor(), http, &proxy, std::move(options), log::Logger());
  }
  ~Bench() {
    run(pool->stop());
    std::filesystem::remove_all(folder);
  }

  void run(asio::awaitable<void> work) {
    bool ended = false;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
      ended = true;
    });
    while (!ended) {
      context.restart();
      context.run_one();
    }
  }

  asio::io_context context{1};
  net::HttpClient http{context, {}};
  bench::CannedServer server;
  OneName resolver;
  ToServer dialer{context, server.port()};
  egress::Proxy proxy{context.get_executor(), resolver, dialer};
  std::filesystem::path folder;
  std::shared_ptr<const egress::SlotPolicy> policy;
  std::optional<browser::Pool> pool;
};

using Times = std::vector<double>;  // milliseconds a page

asio::awaitable<void> with_the_pool(Bench& bench, std::size_t pages, Times& times) {
  for (std::size_t i = 0; i < pages; ++i) {
    const auto begin = Clock::now();
    auto lease = co_await bench.pool->lease(bench.http, bench.policy, kAmple);
    must(lease.has_value(), lease ? "" : lease.error().to_string());
    browser::RenderRequest request{.url = kUrl};
    auto result = co_await lease->render(std::move(request), kAmple);
    must(result && result->content.starts_with("A static page"), "a page was not rendered");
    times.push_back(Seconds(Clock::now() - begin).count() * 1e3);
  }
}

// Pictures as high as the module takes them; the page is higher.
asio::awaitable<void> long_pictures(Bench& bench, browser::PictureFormat format, Times& times) {
  constexpr int kPictures = 5;
  for (int i = 0; i < kPictures; ++i) {
    auto lease = co_await bench.pool->lease(bench.http, bench.policy, kAmple);
    must(lease.has_value(), "no lease");
    const auto begin = Clock::now();
    browser::RenderRequest request{.url = kUrl,
                                   .mode = browser::RenderMode::screenshot,
                                   .capture = browser::Capture::full_page,
                                   .format = format};
    auto result = co_await lease->render(std::move(request), kAmple);
    must(result.has_value(), result ? "" : result.error().to_string());
    times.push_back(Seconds(Clock::now() - begin).count() * 1e3);
  }
}

asio::awaitable<void> in_one_session(Bench& bench, std::size_t pages, Times& times) {
  auto lease = co_await bench.pool->lease(bench.http, bench.policy, kAmple);
  must(lease.has_value(), "no lease");
  for (std::size_t i = 0; i < pages; ++i) {
    const auto begin = Clock::now();
    browser::RenderRequest request{.url = kUrl};
    auto result = co_await lease->render(std::move(request), kAmple);
    must(result.has_value(), "a page was not rendered");
    times.push_back(Seconds(Clock::now() - begin).count() * 1e3);
  }
}

asio::awaitable<void> directly(net::HttpClient& http, std::string driver, std::string url,
                               std::size_t pages, Times& times) {
  browser::WebDriver at(http, {std::move(driver), {}});
  std::string request =
      R"({"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":{"args":[
      "--headless=new","--no-sandbox","--disable-gpu","--disable-background-networking",
      "--proxy-server=http://127.0.0.1:1","--proxy-bypass-list=127.0.0.1"]}}}})";
  auto made = co_await at.new_session(std::move(request), kAmple);
  must(made.has_value(), made ? "" : made.error().to_string());
  DriverSession session(http, std::move(*made));
  for (std::size_t i = 0; i < pages; ++i) {
    const auto begin = Clock::now();
    std::string target = url;
    auto there = co_await session.navigate(std::move(target), kAmple);
    must(there.has_value(), "a page was not loaded");
    std::string script = "return document.body.innerText";
    Value none = Value::array();
    auto text = co_await session.execute(std::move(script), std::move(none), kAmple);
    must(text.has_value(), "a page was not read");
    times.push_back(Seconds(Clock::now() - begin).count() * 1e3);
  }
  (void)co_await session.close(kAmple);
}

// A ChromeDriver that ends with this process.
class OwnDriver {
 public:
  OwnDriver()
      : pipe_(
            ::popen("exec setpriv --pdeathsig KILL unshare --pid --fork --kill-child chromedriver "
                    "--port=0 2>/dev/null",
                    "r")) {
    char line[512];
    while (::fgets(line, sizeof(line), pipe_) != nullptr) {
      const std::string_view text(line);
      const auto at = text.find("successfully on port ");
      if (at == text.npos) continue;
      url_ = fmt::format("http://127.0.0.1:{}", std::atoi(line + at + 21));
      return;
    }
    must(false, "no chromedriver");
  }
  const std::string& url() const { return url_; }

 private:
  FILE* pipe_;  // never waited for: the driver is killed when this process ends
  std::string url_;
};

double at_share(Times times, double share) {
  std::ranges::sort(times);
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
}

void report(std::string_view what, const Times& times, double floor) {
  const double p50 = at_share(times, 0.5);
  fmt::print("{:<44} p50 {:6.1f} ms  p95 {:6.1f} ms  {:.2f}x\n", what, p50, at_share(times, 0.95),
             p50 / floor);
}

asio::awaitable<void> pause(asio::io_context& context, std::chrono::milliseconds span) {
  asio::steady_timer timer(context, span);
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  const auto [error] = co_await timer.async_wait(kToken);
  (void)error;
}

// One page at a time, each with a session that was prepared.
asio::awaitable<void> unhurried(Bench& bench, std::size_t pages, Times& times) {
  constexpr std::chrono::milliseconds kBetween{300};
  for (std::size_t i = 0; i < pages; ++i) {
    co_await pause(bench.context, kBetween);
    co_await with_the_pool(bench, 1, times);
  }
}

double pages_a_second(Bench& bench, std::size_t pages) {
  std::size_t running = kAtOnce;
  std::vector<Times> times(kAtOnce);
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < kAtOnce; ++i)
    asio::co_spawn(bench.context, with_the_pool(bench, pages / kAtOnce, times[i]),
                   [&](std::exception_ptr) { --running; });
  while (running > 0) {
    bench.context.restart();
    bench.context.run_one();
  }
  return static_cast<double>(pages) / Seconds(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t pages = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 60;
  Bench bench(kParagraphs);
  OwnDriver driver;
  Times direct, first, warm, same;
  bench.run(directly(bench.http, driver.url(),
                     fmt::format("http://127.0.0.1:{}/", bench.server.port()), pages, direct));
  bench.run(with_the_pool(bench, 3, first));
  bench.run(unhurried(bench, pages, warm));
  bench.run(in_one_session(bench, pages, same));
  const double floor = at_share(direct, 0.5);
  report("ChromeDriver directly, no policy", direct, floor);
  report("rendered, a warm session for each page", warm, floor);
  report("rendered, one session for all pages", same, floor);
  fmt::print("{:<44} {:.1f} pages/s\n", "rendered, a session each, two at once",
             pages_a_second(bench, pages));
  Bench long_page(kManyParagraphs);
  Times png, jpeg;
  long_page.run(long_pictures(long_page, browser::PictureFormat::png, png));
  long_page.run(long_pictures(long_page, browser::PictureFormat::jpeg, jpeg));
  report("picture of a page of 4.9 MB, PNG", png, floor);
  report("picture of a page of 4.9 MB, JPEG", jpeg, floor);
  return 0;
}
