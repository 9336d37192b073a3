#include "support/sites.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "support/paths.h"

namespace gvm::test {

namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kLate{350};
constexpr std::chrono::milliseconds kBetweenMessages{150};
constexpr int kMessages = 3;

std::filesystem::path sites_folder() {
  return std::filesystem::path(source_dir()) / "tests/data/sites";
}
std::filesystem::path packages_folder() {
  return std::filesystem::path(source_dir()) / "build/node";
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return std::move(out).str();
}

std::string type_of(const std::filesystem::path& path) {
  static const std::map<std::string, std::string> kTypes = {{".html", "text/html; charset=utf-8"},
                                                            {".js", "text/javascript"},
                                                            {".mjs", "text/javascript"},
                                                            {".css", "text/css"},
                                                            {".json", "application/json"}};
  const auto found = kTypes.find(path.extension());
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

HttpServer::Reply file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return {.status = 404};
  return {.status = 200, .headers = {{"content-type", type_of(path)}}, .body = content_of(path)};
}

std::string answer_of_api(std::string_view name) {
  if (name == "prices.json")
    return R"([{"name":"Gold","note":"","price":2400},{"name":"Silver","note":"per ounce","price":31.5}])";
  if (name == "news.html") return "<p>First story</p><p>Second story</p>";
  if (name.starts_with("page.json?n=0")) return R"(["item 0","item 1","item 2","item 3"])";
  if (name.starts_with("page.json?n=")) return R"(["next page"])";
  return {};
}

HttpServer::Reply serve(const HttpServer::Request& request) {
  const std::string_view target = request.target;
  constexpr std::string_view kApi = "/api/late/";
  if (target.starts_with(kApi)) {
    const auto name = target.substr(kApi.size());
    return {.status = 200,
            .headers = {{"content-type", type_of(std::string(name.substr(0, name.find('?'))))}},
            .body = answer_of_api(name),
            .delay = kLate};
  }
  std::string path(target.substr(0, target.find('?')));
  if (path.find("..") != std::string::npos) return {.status = 404};
  if (path.ends_with('/')) path += "index.html";
  constexpr std::string_view kVendor = "/vendor/";
  if (path.starts_with(kVendor))
    return file(packages_folder() / "node_modules" / path.substr(kVendor.size()));
  constexpr std::string_view kCompiled = "/compiled/";
  if (path.starts_with(kCompiled))
    return file(packages_folder() / "sites" / path.substr(kCompiled.size()));
  return file(sites_folder() / path.substr(1));
}

}  // namespace

// A WebSocket server on a thread of its own: each client gets three messages.
class Sites::Feed {
 public:
  Feed() : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Feed() {
    context_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      tcp::socket socket(context_);
      const auto [failed] = co_await acceptor_.async_accept(socket, kToken);
      if (failed) co_return;
      asio::co_spawn(context_, send(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> send(tcp::socket socket) {
    boost::beast::websocket::stream<tcp::socket> stream(std::move(socket));
    const auto [refused] = co_await stream.async_accept(kToken);
    if (refused) co_return;
    asio::steady_timer timer(context_);
    for (int i = 1; i <= kMessages; ++i) {
      timer.expires_after(kBetweenMessages);
      const auto [stopped] = co_await timer.async_wait(kToken);
      const std::string message = "message " + std::to_string(i);
      const auto bytes = asio::buffer(message);
      const auto [failed, size] = co_await stream.async_write(bytes, kToken);
      if (stopped || failed || size == 0) co_return;
    }
    boost::beast::flat_buffer ignored;
    const auto [ended, size] = co_await stream.async_read(ignored, kToken);
    (void)ended;
    (void)size;
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

Sites::Sites() : feed_(std::make_unique<Feed>()), server_(serve) {}
Sites::~Sites() = default;

std::string Sites::missing() {
  const auto compiled = packages_folder() / "sites/svelte.js";
  if (std::filesystem::exists(compiled) &&
      std::filesystem::exists(packages_folder() / "node_modules/vue"))
    return {};
  return "the npm packages of the sites are missing: run scripts/setup-node.sh";
}

std::vector<std::string> Sites::names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(sites_folder()))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

std::string Sites::text(std::string_view name) {
  return content_of(sites_folder() / name / "text.txt");
}

std::string Sites::url(std::string_view name) const {
  return server_.url("/" + std::string(name) + "/?feed=" + std::to_string(feed_->port()));
}

}  // namespace gvm::test
