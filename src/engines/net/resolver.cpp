#include "net/resolver.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/error_codes.h"
#include "net/cares_channel.h"
#include "net/dns_cache.h"
#include "net/hosts_file.h"

namespace gvm::net {
namespace {

constexpr std::size_t kMaxNameBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > kMaxNameBytes) return false;
  const auto visible = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (!std::ranges::all_of(host, visible)) return false;
  std::size_t label = 0;
  for (const char c : host) {
    label = c == '.' ? 0 : label + 1;
    if (label > kMaxLabelBytes) return false;
  }
  return !host.starts_with('.') && !host.ends_with('.') && !host.contains("..");
}

Error dns_error(std::string_view which, std::string_view sentence, const std::string& host) {
  Error error(codes::kSendingRequest, Fatality::fatal, std::string(sentence));
  error.with("kind", Value::string("dns"));
  error.with("dns", Value::string(std::string(which)));
  error.with("host", Value::string(host.substr(0, kMaxNameBytes)));
  return error;
}

Error late_error(std::string_view which, const std::string& host) {
  Error error(codes::kDeadlineExceeded, Fatality::fatal,
              "the host's name was not resolved in time");
  error.with("kind", Value::string("timeout"));
  error.with("timeout", Value::string(std::string(which)));
  error.with("host", Value::string(host));
  return error;
}

Error status_error(int status, const std::string& host) {
  switch (status) {
    case ARES_ENOTFOUND:
      return dns_error("no_name", "the host's name does not exist", host);
    case ARES_ENODATA:
    case ARES_SUCCESS:
      return dns_error("no_address", "the host's name has no address", host);
    case ARES_EREFUSED:
      return dns_error("refused", "the name server refused to answer", host);
    case ARES_EBADNAME:
      return dns_error("bad_name", "the host's name cannot be asked for", host);
    case ARES_ETIMEOUT:
      return late_error("dns", host);
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED:
      return Error(codes::kCancelled, Fatality::fatal, "the lookup was cancelled");
    default:
      return dns_error("failed", "the host's name could not be resolved", host);
  }
}

// IPv6 first, at most `most` addresses; half of each family where both have more.
Addresses ordered(const Addresses& all, std::size_t most) {
  Addresses six;
  Addresses four;
  for (const auto& address : all) (address.is_v6() ? six : four).push_back(address);
  const auto half = most / 2;
  const auto spare = four.size() < half ? half - four.size() : 0;
  six.resize(std::min(six.size(), half + most % 2 + spare));
  four.resize(std::min(four.size(), most - six.size()));
  six.insert(six.end(), four.begin(), four.end());
  return six;
}

void count(std::atomic<std::size_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// A lookup of one name, and the coroutines that wait for it.
struct Lookup {
  std::optional<Result<Addresses>> answer;
  std::vector<asio::steady_timer*> waiters;  // each in the frame of its coroutine

  void finish(Result<Addresses> found) {
    if (answer) return;
    answer = std::move(found);
    for (auto* waiter : std::exchange(waiters, {})) waiter->cancel();
  }
};

namespace {

// One coroutine's wait for a lookup. The frame may be destroyed before the lookup ends.
class Wait {
 public:
  Wait(asio::io_context& context, std::shared_ptr<Lookup> lookup, Deadline until)
      : timer(context, until.when()), lookup_(std::move(lookup)) {
    lookup_->waiters.push_back(&timer);
  }
  ~Wait() { std::erase(lookup_->waiters, &timer); }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  asio::steady_timer timer;

 private:
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace

class CaresResolver::Impl : public std::enable_shared_from_this<CaresResolver::Impl> {
 public:
  Impl(asio::io_context& context, ResolverOptions options)
      : context_(context),
        options_(std::move(options)),
        hosts_(options_.hosts_file),
        cache_(options_.max_entries),
        channel_(std::make_unique<CaresChannel>(context, options_)) {}

  asio::awaitable<Result<Addresses>> resolve(std::string host, Deadline deadline);
  // No answer will come; waiting coroutines are told so.
  void shut_down() {
    channel_.reset();
    lookups_.clear();
  }
  ResolverStats stats() const { return {lookups_made_, cached_, joined_, failed_}; }

 private:
  std::optional<Result<Addresses>> known(const std::string& host);
  std::shared_ptr<Lookup> join_or_start(const std::string& host);
  void start(const std::string& host, const std::shared_ptr<Lookup>& lookup);
  void answered(const std::string& host, const std::shared_ptr<Lookup>& lookup, DnsAnswer answer);

  asio::io_context& context_;
  const ResolverOptions options_;
  HostsFile hosts_;
  DnsCache cache_;
  std::unordered_map<std::string, std::shared_ptr<Lookup>> lookups_;
  std::size_t under_way_ = 0;
  std::atomic<std::size_t> lookups_made_{0};
  std::atomic<std::size_t> cached_{0};
  std::atomic<std::size_t> joined_{0};
  std::atomic<std::size_t> failed_{0};
  std::unique_ptr<CaresChannel> channel_;  // its callbacks use all of the above
};

std::optional<Result<Addresses>> CaresResolver::Impl::known(const std::string& host) {
  boost::system::error_code bad;
  const auto literal = asio::ip::make_address(host, bad);
  if (!bad) return Addresses{literal};
  if (!is_name(host)) return fail(status_error(ARES_EBADNAME, host));
  if (const auto* listed = hosts_.find(host)) return ordered(*listed, options_.max_addresses);
  const auto* kept = cache_.find(host, Clock::now());
  if (kept == nullptr) return std::nullopt;
  count(cached_);
  return *kept;
}

std::shared_ptr<Lookup> CaresResolver::Impl::join_or_start(const std::string& host) {
  if (const auto found = lookups_.find(host); found != lookups_.end()) {
    count(joined_);
    return found->second;
  }
  auto lookup = std::make_shared<Lookup>();
  if (under_way_ >= options_.max_lookups || channel_ == nullptr) {
    lookup->answer = fail(dns_error("failed", "too many names are being resolved", host));
    return lookup;
  }
  lookups_.emplace(host, lookup);
  start(host, lookup);
  return lookup;
}

void CaresResolver::Impl::start(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
  count(lookups_made_);
  ++under_way_;
  channel_->query(
      host, [this, host, lookup](DnsAnswer answer) { answered(host, lookup, std::move(answer)); });
}

void CaresResolver::Impl::answered(const std::string& host, const std::shared_ptr<Lookup>& lookup,
                                   DnsAnswer answer) {
  --under_way_;
  const auto now = Clock::now();
  const bool found = answer.status == ARES_SUCCESS && !answer.addresses.empty();
  const bool nothing = answer.status == ARES_ENOTFOUND || answer.status == ARES_ENODATA ||
                       (answer.status == ARES_SUCCESS && !found);
  Result<Addresses> result = fail(status_error(answer.status, host));
  if (found) result = ordered(answer.addresses, options_.max_addresses);
  if (!found) count(failed_);
  if (found) {
    const std::chrono::milliseconds ttl = answer.ttl;
    cache_.keep(host, result, now, std::min(ttl, options_.max_ttl));
  } else if (nothing) {
    cache_.keep(host, result, now, options_.negative_ttl);
  }
  // The lookup may have been given up meanwhile, and another one for the same name be under way.
  if (const auto mine = lookups_.find(host); mine != lookups_.end() && mine->second == lookup)
    lookups_.erase(mine);
  lookup->finish(std::move(result));
}

asio::awaitable<Result<Addresses>> CaresResolver::Impl::resolve(std::string host,
                                                                Deadline deadline) {
  const auto self = shared_from_this();
  host = lowered(std::move(host));
  if (auto answer = known(host)) co_return std::move(*answer);
  const auto lookup = join_or_start(host);
  if (lookup->answer) co_return *lookup->answer;
  const Deadline own = Deadline::in(options_.timeout);
  Wait wait(context_, lookup, sooner(own, deadline));
  boost::system::error_code ended;
  co_await wait.timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (lookup->answer) co_return *lookup->answer;
  if (ended) co_return fail(status_error(ARES_ECANCELLED, host));
  if (deadline.expired()) co_return fail(late_error("deadline", host));
  // The servers do not answer; the next caller starts a new lookup.
  if (const auto mine = lookups_.find(host); mine != lookups_.end() && mine->second == lookup)
    lookups_.erase(mine);
  count(failed_);
  co_return fail(late_error("dns", host));
}

CaresResolver::CaresResolver(asio::io_context& context, ResolverOptions options)
    : impl_(std::make_shared<Impl>(context, std::move(options))) {}

CaresResolver::~CaresResolver() {
  impl_->shut_down();
}

asio::awaitable<Result<Addresses>> CaresResolver::resolve(std::string host, Deadline deadline) {
  return impl_->resolve(std::move(host), deadline);
}

ResolverStats CaresResolver::stats() const {
  return impl_->stats();
}

}  // namespace gvm::net
