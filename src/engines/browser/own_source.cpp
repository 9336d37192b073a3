#include "browser/own_source.h"

#include <algorithm>

#include "net/http_client.h"

namespace gvm::browser {

OwnSource::OwnSource(asio::any_io_executor executor, net::HttpClient& http, egress::Proxy& proxy,
                     PoolOptions options, PoolCounters& counters, log::Logger log)
    : executor_(executor),
      http_(http),
      proxy_(proxy),
      options_(std::move(options)),
      counters_(counters),
      log_(std::move(log)),
      backoff_(options_.longest_backoff),
      tasks_(executor) {}

OwnSource::Kept* OwnSource::find(std::uint64_t id) {
  const auto at = std::ranges::find_if(kept_, [&](auto& k) { return k.browser->id() == id; });
  return at == kept_.end() ? nullptr : &*at;
}

const OwnSource::Kept* OwnSource::find(std::uint64_t id) const {
  return const_cast<OwnSource*>(this)->find(id);
}

std::size_t OwnSource::serving() const {
  return static_cast<std::size_t>(
      std::ranges::count(kept_, Stage::serving, [](const Kept& k) { return k.stage; }));
}

void OwnSource::want(std::size_t sessions) {
  if (stopping_) return;
  std::size_t room = starting_ * options_.cell.slots;
  for (const auto& kept : kept_)
    if (kept.stage == Stage::serving) room += kept.browser->free_slots();
  while (room < sessions && serving() + starting_ < options_.max_browsers && backoff_.may_try()) {
    ++starting_;
    room += options_.cell.slots;
    tasks_.spawn(start_one(shared_from_this()));
  }
}

asio::awaitable<void> OwnSource::start_one(Self self) {
  PoolOptions options = self->options_;
  auto browser =
      co_await OwnBrowser::start(self->executor_, self->http_, self->proxy_, std::move(options),
                                 ++self->last_id_, Deadline::in(self->options_.start_timeout));
  --self->starting_;
  if (browser) {
    self->started(std::move(*browser));
  } else {
    self->failed_to_start(std::move(browser.error()));
  }
  self->changed();
}

void OwnSource::started(std::shared_ptr<OwnBrowser> browser) {
  fault_.reset();
  const std::string protection = browser->cell().protection().to_string();
  if (protection != protection_) log_.info("browsers run", {{"as", Value::string(protection)}});
  protection_ = protection;
  kept_.push_back({browser, stopping_ ? Stage::ending : Stage::serving});
  if (stopping_) tasks_.spawn(end(shared_from_this(), browser));
  tasks_.spawn(watch(shared_from_this(), std::move(browser)));
}

void OwnSource::failed_to_start(Error error) {
  backoff_.failed();
  counters_.failed_starts.fetch_add(1);
  log_.error("a browser did not start", {{"error", error.to_value()}});
  fault_ = std::move(error);
}

asio::awaitable<void> OwnSource::watch(Self self, std::shared_ptr<OwnBrowser> browser) {
  co_await browser->cell().wait_exit();
  self->ended(*browser);
  self->changed();
}

void OwnSource::ended(OwnBrowser& browser) {
  const auto at = std::ranges::find_if(kept_, [&](auto& k) { return k.browser.get() == &browser; });
  if (at == kept_.end()) return;
  const bool crashed = at->stage != Stage::ending && !stopping_;
  kept_.erase(at);
  if (!crashed) return;
  counters_.crashes.fetch_add(1);
  log_.warn("a browser ended by itself",
            {{"reason", Value::string(browser.cell().exit_reason())},
             {"pages", Value::integer(static_cast<std::int64_t>(browser.pages()))}});
  browser.age() < kProven&& browser.pages() == 0 ? backoff_.failed() : backoff_.worked();
}

std::optional<Place> OwnSource::reserve() {
  for (auto& kept : kept_) {
    if (kept.stage != Stage::serving || !kept.browser->alive() || kept.browser->free_slots() == 0)
      continue;
    return Place{kept.browser->id(), kept.browser->take_slot()};
  }
  return std::nullopt;
}

asio::awaitable<Result<Prepared>> OwnSource::prepare(Place place, Deadline deadline) {
  const Self self = shared_from_this();
  const auto browser = find(place.browser)->browser;
  auto prepared = co_await browser->prepare(place.slot, deadline);
  if (!prepared) browser->give_back(place.slot);
  Kept* kept = find(place.browser);
  if (kept == nullptr) {
    // The browser ended meanwhile, and its slots with it.
  } else if (prepared) {
    backoff_.worked();
  } else {
    replace(*kept, Stage::old, "it made no page");
  }
  changed();
  co_return prepared;
}

bool OwnSource::usable(const Prepared& prepared) const {
  const Kept* kept = find(prepared.place.browser);
  return kept != nullptr && kept->browser->alive() && kept->stage != Stage::old &&
         kept->stage != Stage::ending;
}

void OwnSource::open(const Prepared& prepared, std::shared_ptr<const egress::SlotPolicy> policy) {
  if (Kept* kept = find(prepared.place.browser))
    kept->browser->open(prepared.place.slot, std::move(policy));
}

asio::awaitable<void> OwnSource::discard(Prepared prepared, SessionFate, std::size_t pages) {
  const Self self = shared_from_this();
  const Place place = prepared.place;
  Kept* kept = find(place.browser);
  if (kept == nullptr) co_return;
  const auto browser = kept->browser;
  browser->count_pages(pages);
  const bool obeyed = co_await browser->discard(std::move(prepared));
  browser->give_back(place.slot);
  kept = find(place.browser);
  if (kept != nullptr) {
    if (!obeyed) replace(*kept, Stage::old, "it did not let go of a page");
    if (browser->pages() >= options_.pages_per_browser)
      replace(*kept, Stage::worn, "it has shown its number of pages");
    end_when_idle(*kept);
  }
  changed();
}

void OwnSource::replace(Kept& kept, Stage stage, std::string_view why) {
  if (kept.stage >= stage) return;
  if (kept.stage == Stage::serving)
    log_.debug("a browser is replaced", {{"because", Value::string(std::string(why))}});
  kept.stage = stage;
}

void OwnSource::end_when_idle(Kept& kept) {
  if (kept.stage == Stage::serving || kept.stage == Stage::ending || !kept.browser->idle()) return;
  kept.stage = Stage::ending;
  counters_.retirements.fetch_add(1);
  tasks_.spawn(end(shared_from_this(), kept.browser));
}

asio::awaitable<void> OwnSource::end(Self /*lives as long*/, std::shared_ptr<OwnBrowser> browser) {
  co_await browser->cell().stop();
}

void OwnSource::tick() {
  for (auto& kept : kept_) {
    auto& browser = *kept.browser;
    if (browser.age() > options_.max_age) replace(kept, Stage::old, "of its age");
    if (browser.idle() && browser.cell().memory_bytes() > options_.idle_memory_bytes)
      replace(kept, Stage::old, "of the memory it keeps");
    if (!browser.alive() && browser.cell().alive()) replace(kept, Stage::old, "DevTools hung up");
    end_when_idle(kept);
  }
}

asio::awaitable<void> OwnSource::stop() {
  const Self self = shared_from_this();
  stopping_ = true;
  for (auto& kept : kept_) {
    if (kept.stage == Stage::ending) continue;
    kept.stage = Stage::ending;
    tasks_.spawn(end(self, kept.browser));
  }
  co_await tasks_.drain();
}

}  // namespace gvm::browser
