#include "browser/own_browser.h"

#include <algorithm>

#include "browser/conditions.h"
#include "browser/session_request.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

Result<std::string> member(Result<Value> answer, std::string_view pointer) {
  if (!answer) return fail(std::move(answer.error()));
  const auto text = text::string_at(*answer, pointer);
  if (!text) return fail(protocol_error("DevTools answered without " + std::string(pointer)));
  return std::string(*text);
}

}  // namespace

asio::awaitable<Result<std::shared_ptr<OwnBrowser>>> OwnBrowser::start(
    asio::any_io_executor executor, net::HttpClient& http, egress::Proxy& proxy,
    PoolOptions options, std::uint64_t id, Deadline deadline) {
  std::shared_ptr<OwnBrowser> self(new OwnBrowser(http, std::move(options), id));
  CellOptions wanted = self->options_.cell;
  auto cell = co_await Cell::start(executor, std::move(wanted), deadline);
  if (!cell) co_return fail(std::move(cell.error()));
  self->cell_ = std::move(*cell);
  CellListeners listeners = self->cell_->take_listeners();
  // The browser's own traffic goes to a slot that stays closed.
  self->entrances_.push_back(proxy.listen(std::move(listeners.refused)));
  for (auto& listener : listeners.slots)
    self->entrances_.push_back(proxy.listen(std::move(listener)));
  self->busy_.resize(self->cell_->slots());
  DevToolsAddress address{self->cell_->devtools_socket(), self->cell_->devtools_address(),
                          self->cell_->devtools_path()};
  auto tools = co_await DevTools::connect(executor, std::move(address), deadline);
  if (tools) {
    self->devtools_ = std::move(*tools);
    co_return self;
  }
  co_await self->cell_->stop();
  co_return fail(std::move(tools.error()));
}

std::size_t OwnBrowser::free_slots() const {
  return static_cast<std::size_t>(std::ranges::count(busy_, false));
}

std::size_t OwnBrowser::take_slot() {
  const auto slot = std::ranges::find(busy_, false);
  *slot = true;
  return static_cast<std::size_t>(slot - busy_.begin());
}

asio::awaitable<Result<Prepared>> OwnBrowser::prepare(std::size_t slot, Deadline deadline) {
  Prepared prepared;
  prepared.place = Place{id_, slot};
  auto target = co_await new_page(slot, prepared.browser_context, deadline);
  Result<void> ready;
  if (target) {
    ready = co_await furnish(prepared, std::move(*target), deadline);
  } else {
    ready = fail(std::move(target.error()));
  }
  if (ready) co_return prepared;
  auto cleaned = co_await discard(std::move(prepared));
  (void)cleaned;  // the caller replaces the browser when this fails
  co_return fail(std::move(ready.error()));
}

// Target.* and Browser.* are commands to the browser: ChromeDriver only forwards a page's commands.
asio::awaitable<Result<std::string>> OwnBrowser::new_page(std::size_t slot, std::string& context,
                                                          Deadline deadline) {
  std::string method = "Target.createBrowserContext";
  Value params = Value::fields("disposeOnDetach", Value::boolean(true), "proxyServer",
                               Value::string(cell_->proxy_url(slot)), "proxyBypassList",
                               Value::string("<-loopback>"));
  auto made = co_await devtools_->command(std::move(method), std::move(params), deadline);
  auto id = member(std::move(made), "/browserContextId");
  if (!id) co_return id;
  context = *id;
  method = "Browser.setDownloadBehavior";
  params =
      Value::fields("behavior", Value::string("deny"), "browserContextId", Value::string(context));
  auto denied = co_await devtools_->command(std::move(method), std::move(params), deadline);
  if (!denied) co_return fail(std::move(denied.error()));
  method = "Target.createTarget";
  params = Value::fields("url", Value::string("about:blank"), "browserContextId",
                         Value::string(context));
  auto page = co_await devtools_->command(std::move(method), std::move(params), deadline);
  co_return member(std::move(page), "/targetId");
}

asio::awaitable<Result<void>> OwnBrowser::furnish(Prepared& prepared, std::string target,
                                                  Deadline deadline) {
  Endpoint endpoint{"http://" + cell_->driver_address(), cell_->driver_socket()};
  WebDriver driver(http_, std::move(endpoint));
  std::string request = attach_request(cell_->devtools_address(), options_.render);
  auto made = co_await driver.new_session(std::move(request), deadline);
  if (!made) co_return fail(std::move(made.error()));
  prepared.session = std::move(*made);
  prepared.session.logs_network = true;
  prepared.session.frame = target;  // a page's target has the id of its main frame
  DriverSession session(http_, prepared.session);
  auto switched = co_await session.switch_to(std::move(target), deadline);
  if (!switched) co_return switched;
  Appearance appearance = options_.cell.appearance;
  auto frozen = co_await freeze_the_rest(std::move(session), std::move(appearance), deadline);
  co_return frozen;
}

void OwnBrowser::open(std::size_t slot, std::shared_ptr<const egress::SlotPolicy> policy) {
  if (policy) entrances_[slot + 1]->open(std::move(policy));
}

// Disposes of the context first: that closes the page, on which a command of the session may be
// waiting.
asio::awaitable<bool> OwnBrowser::discard(Prepared prepared) {
  entrances_[prepared.place.slot + 1]->close();
  bool obeyed = true;
  if (!prepared.browser_context.empty())
    obeyed = co_await dispose(std::move(prepared.browser_context));
  if (prepared.session.id.empty() || !cell_->alive()) co_return obeyed;
  DriverSession session(http_, std::move(prepared.session));
  auto closed = co_await session.close(Deadline::in(options_.discard_timeout));
  co_return obeyed&& closed.has_value();
}

asio::awaitable<bool> OwnBrowser::dispose(std::string context) {
  std::string method = "Target.disposeBrowserContext";
  Value params = Value::fields("browserContextId", Value::string(std::move(context)));
  auto done = co_await devtools_->command(std::move(method), std::move(params),
                                          Deadline::in(options_.discard_timeout));
  co_return done.has_value();
}

}  // namespace gvm::browser
