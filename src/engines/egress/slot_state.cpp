#include "egress/slot_state.h"

#include <boost/asio/error.hpp>
#include <utility>
#include <vector>

#include "egress/connection.h"

namespace gvm::egress {
namespace {

// Connections beyond a slot's limit that are still accepted and get a refusal. For a closed slot
// these are the only ones. Further connections stay in the kernel's queue.
constexpr std::size_t kRefusedAtOnce = 64;
// A browser that opens connections faster than any normal page is slowed down, because its slot
// shares a lane with sessions.
constexpr std::size_t kBurst = 500;
constexpr std::chrono::milliseconds kBurstSpan{1'000};
// The pause after a failed accept: the process or the machine has no file descriptors or memory
// left, so the next attempt would fail too.
constexpr std::chrono::milliseconds kAfterError{50};

bool over(std::size_t used, std::size_t limit) {
  return limit != 0 && used > limit;
}

}  // namespace

SlotState::SlotState(std::shared_ptr<ProxyCore> core, asio::ip::tcp::acceptor acceptor)
    : core_(std::move(core)),
      acceptor_(std::move(acceptor)),
      total_(core_->executor),
      pause_(core_->executor) {
  boost::system::error_code ignored;
  acceptor_.non_blocking(true, ignored);  // for drop_queued()
}

void SlotState::accept_next() {
  if (accepting_ || !acceptor_.is_open() || is_full()) return;
  if (is_too_fast()) return accept_after(burst_began_ + kBurstSpan - Clock::now());
  accepting_ = true;
  acceptor_.async_accept([self = shared_from_this()](auto error, Socket socket) {
    self->accepting_ = false;
    if (!self->acceptor_.is_open()) return;
    if (error && error != asio::error::connection_aborted) return self->accept_after(kAfterError);
    if (!error) self->accepted(std::move(socket));
    self->accept_next();
  });
}

void SlotState::accept_after(Clock::duration span) {
  accepting_ = true;
  pause_.expires_after(span);
  pause_.async_wait([weak = weak_from_this()](auto error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->accepting_ = false;
    self->accept_next();
  });
}

bool SlotState::is_full() const {
  if (policy_ == nullptr) return connections_.size() >= kRefusedAtOnce;
  const std::size_t limit = policy_->limits.connections;
  return limit != 0 && connections_.size() >= limit + kRefusedAtOnce;
}

bool SlotState::is_too_fast() {
  const auto now = Clock::now();
  if (now >= burst_began_ + kBurstSpan) {
    burst_began_ = now;
    burst_ = 0;
  }
  return burst_ >= kBurst;
}

// Connections in the kernel's queue came before the slot was opened, so this policy does not apply
// to them.
void SlotState::drop_queued() {
  boost::system::error_code error;
  for (std::size_t i = 0; i < kBurst && !error; ++i) {
    Socket dropped(core_->executor);
    acceptor_.accept(dropped, error);
  }
}

void SlotState::accepted(Socket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  ++usage_.connections;
  ++core_->stats.connections;
  ++burst_;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
  connections_.insert(connection.get());
  usage_.open_connections = connections_.size();
  connection->start();
}

bool SlotState::forget(Connection* connection) {
  if (connections_.erase(connection) == 0) return false;
  usage_.open_connections = connections_.size();
  return true;
}

void SlotState::gone(Connection* connection) {
  if (forget(connection)) accept_next();
}

void SlotState::cut_all() {
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : connections_) all.push_back(connection->shared_from_this());
  connections_.clear();
  usage_.open_connections = 0;
  for (const auto& connection : all) connection->cut();
  accept_next();
}

void SlotState::open(std::shared_ptr<const SlotPolicy> policy) {
  close();
  drop_queued();
  usage_ = SlotUsage();
  overdue_ = false;
  policy_ = std::move(policy);
  const auto total = policy_->limits.total;
  if (total.count() == 0) return;
  total_.expires_after(total);
  total_.async_wait([self = weak_from_this(), opened = ++openings_](auto error) {
    const auto state = self.lock();
    if (error || !state || state->policy_ == nullptr || state->openings_ != opened) return;
    state->overdue_ = true;
    state->cut_all();
  });
}

void SlotState::close() {
  total_.cancel();
  policy_.reset();
  cut_all();
}

void SlotState::shut() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  close();
}

bool SlotState::count_in(std::size_t bytes) {
  usage_.bytes_in += bytes;
  core_->stats.bytes_in += bytes;
  return policy_ != nullptr && !over(usage_.bytes_in, policy_->limits.bytes_in);
}

bool SlotState::count_out(std::size_t bytes) {
  usage_.bytes_out += bytes;
  core_->stats.bytes_out += bytes;
  return policy_ != nullptr && !over(usage_.bytes_out, policy_->limits.bytes_out);
}

std::string_view SlotState::over_limit() const {
  const SlotLimits& limits = policy_->limits;
  if (overdue_) return "total";
  if (over(usage_.open_connections, limits.connections)) return "connections";
  if (over(usage_.connections, limits.total_connections)) return "total_connections";
  if (over(usage_.bytes_in, limits.bytes_in)) return "bytes_in";
  if (over(usage_.bytes_out, limits.bytes_out)) return "bytes_out";
  return {};
}

void SlotState::note_refusal(RefusalReason reason, std::string_view destination,
                             std::string_view detail) {
  ++usage_.refusals;
  ++core_->stats.refusals;
  if (usage_.refused.size() < SlotUsage::kMaxRefused)
    usage_.refused.push_back({std::string(destination), reason, std::string(detail)});
  core_->log.debug("egress refused", {{"destination", Value::string(std::string(destination))},
                                      {"reason", Value::string(std::string(name_of(reason)))},
                                      {"detail", Value::string(std::string(detail))}});
}

}  // namespace gvm::egress
