#include "serve/connection_limits.h"

#include <utility>

namespace gvm::serve {

Admission::~Admission() {
  if (limits_ == nullptr) return;
  kind_ == Kind::session ? limits_->end_session(address_) : limits_->leave(kind_);
}

std::expected<Admission, RefusalReason> ConnectionLimits::enter(Door door) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return std::unexpected(RefusalReason::stopping);
  if (door == Door::admin) {
    if (admin_ >= 2 * max_admin_) return std::unexpected(RefusalReason::admin_connections);
    ++admin_;
    ++connections_;
    return Admission(*this, Admission::Kind::admin_connection);
  }
  if (connections_ - sessions_ - admin_ >= max_other_)
    return std::unexpected(RefusalReason::connections);
  ++connections_;
  return Admission(*this, Admission::Kind::connection);
}

std::expected<Admission, RefusalReason> ConnectionLimits::begin_session(
    const std::string& address) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return std::unexpected(RefusalReason::stopping);
  if (sessions_ >= max_sessions_) return std::unexpected(RefusalReason::sessions);
  const bool counted = max_per_address_ > 0 && !address.empty();
  if (counted) {
    auto& here = per_address_[address];
    if (here >= max_per_address_) return std::unexpected(RefusalReason::address);
    ++here;
  }
  ++sessions_;
  return Admission(*this, Admission::Kind::session, counted ? address : std::string());
}

void ConnectionLimits::end_session(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  --sessions_;
  if (address.empty()) return;
  const auto place = per_address_.find(address);
  if (--place->second == 0) per_address_.erase(place);
}

std::size_t ConnectionLimits::sessions() const {
  const std::scoped_lock lock(mutex_);
  return sessions_;
}

std::size_t ConnectionLimits::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

bool ConnectionLimits::admin_is_full() const {
  const std::scoped_lock lock(mutex_);
  return admin_ >= max_admin_;
}

void ConnectionLimits::stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
}

bool ConnectionLimits::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

void ConnectionLimits::leave(Admission::Kind kind) {
  std::function<void()> callback;
  {
    const std::scoped_lock lock(mutex_);
    if (kind == Admission::Kind::admin_connection) --admin_;
    --connections_;
    callback = take_callback();
  }
  if (callback) callback();
}

void ConnectionLimits::listener_closed() {
  std::function<void()> callback;
  {
    const std::scoped_lock lock(mutex_);
    listening_ = false;
    callback = take_callback();
  }
  if (callback) callback();
}

void ConnectionLimits::on_empty(std::function<void()> callback) {
  std::function<void()> now;
  {
    const std::scoped_lock lock(mutex_);
    on_empty_ = std::move(callback);
    now = take_callback();
  }
  if (now) now();
}

std::function<void()> ConnectionLimits::take_callback() {
  if (listening_ || connections_ > 0) return nullptr;
  emptied_.notify_all();
  return std::exchange(on_empty_, nullptr);
}

bool ConnectionLimits::wait_empty(std::chrono::milliseconds span) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, span, [this] { return !listening_ && connections_ == 0; });
}

}  // namespace gvm::serve
