#include "egress/slot_state.h"

#include <utility>
#include <vector>

#include "egress/connection.h"

namespace gvm::egress {
namespace {

// A slot that is closed still answers; so many at the same time.
constexpr std::size_t kMaxWhileClosed = 64;

bool over(std::size_t used, std::size_t limit) {
  return limit != 0 && used > limit;
}

}  // namespace

SlotState::SlotState(std::shared_ptr<ProxyCore> core, asio::ip::tcp::acceptor acceptor)
    : core_(std::move(core)), acceptor_(std::move(acceptor)), total_(core_->executor) {}

void SlotState::accept_next() {
  acceptor_.async_accept([self = shared_from_this()](auto error, Socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (!error) self->accepted(std::move(socket));
    self->accept_next();
  });
}

void SlotState::accepted(Socket socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  ++usage_.connections;
  ++core_->stats.connections;
  // Not worth an answer: nobody sane opens so many.
  if (policy_ == nullptr && connections_.size() >= kMaxWhileClosed) return;
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket));
  connections_.insert(connection.get());
  usage_.open_connections = connections_.size();
  connection->start();
}

void SlotState::gone(Connection* connection) {
  if (connections_.erase(connection) > 0) usage_.open_connections = connections_.size();
}

void SlotState::cut_all() {
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : connections_) all.push_back(connection->shared_from_this());
  connections_.clear();
  usage_.open_connections = 0;
  for (const auto& connection : all) connection->cut();
}

void SlotState::open(std::shared_ptr<const SlotPolicy> policy) {
  close();
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
