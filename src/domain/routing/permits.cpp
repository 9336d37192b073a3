#include "routing/permits.h"

#include <utility>

namespace gvm::routing {

struct PermitWait::Waiter {
  enum class State : std::uint8_t { waiting, granted, over };

  Waiter(PermitPool& of, State begins) : pool(&of), state(begins) {}

  PermitPool* pool;
  std::atomic<State> state;  // leaves `waiting` under the pool's mutex only
  Executor executor;
  std::function<void()> on_granted;
  std::list<std::shared_ptr<Waiter>>::iterator place;  // valid while waiting
};

PermitPool::Counts PermitPool::unpack(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

std::uint64_t PermitPool::pack(Counts counts) {
  return std::uint64_t{counts.waiting} << 32 | counts.in_use;
}

bool PermitPool::has_room(Counts counts) const {
  return limits_.permits == 0 || counts.in_use < limits_.permits;
}

bool PermitPool::try_take() {
  auto word = counts_.load(std::memory_order_relaxed);
  for (;;) {
    auto counts = unpack(word);
    if (counts.waiting > 0 || !has_room(counts)) return false;
    ++counts.in_use;
    if (counts_.compare_exchange_weak(word, pack(counts), std::memory_order_acq_rel)) return true;
  }
}

std::optional<Permit> PermitPool::try_enter() {
  if (!try_take()) return std::nullopt;
  return Permit(*this);
}

std::expected<PermitWait, QueueFull> PermitPool::enter(Executor executor,
                                                       std::function<void()> on_granted) {
  using State = PermitWait::Waiter::State;
  if (try_take()) return PermitWait(std::make_shared<PermitWait::Waiter>(*this, State::granted));
  auto waiter = std::make_shared<PermitWait::Waiter>(*this, State::waiting);
  waiter->executor = std::move(executor);
  waiter->on_granted = std::move(on_granted);

  const std::lock_guard lock(mutex_);
  auto word = counts_.load(std::memory_order_relaxed);
  for (;;) {
    auto counts = unpack(word);
    const bool enters = counts.waiting == 0 && has_room(counts);
    if (!enters && counts.waiting >= limits_.queue)
      return std::unexpected(QueueFull{counts.waiting});
    ++(enters ? counts.in_use : counts.waiting);
    if (!counts_.compare_exchange_weak(word, pack(counts), std::memory_order_acq_rel)) continue;
    if (enters) {
      waiter->state.store(State::granted, std::memory_order_release);
    } else {
      waiter->place = queue_.insert(queue_.end(), waiter);
    }
    return PermitWait(std::move(waiter));
  }
}

void PermitPool::put_back() {
  auto word = counts_.load(std::memory_order_relaxed);
  for (;;) {
    auto counts = unpack(word);
    if (counts.waiting > 0) {
      if (auto next = hand_over()) return next->executor(std::move(next->on_granted));
      word = counts_.load(std::memory_order_relaxed);
      continue;
    }
    --counts.in_use;
    if (counts_.compare_exchange_weak(word, pack(counts), std::memory_order_acq_rel)) return;
  }
}

std::shared_ptr<PermitWait::Waiter> PermitPool::hand_over() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return nullptr;
  auto next = std::move(queue_.front());
  queue_.pop_front();
  counts_.fetch_sub(pack({.in_use = 0, .waiting = 1}), std::memory_order_acq_rel);
  next->state.store(PermitWait::Waiter::State::granted, std::memory_order_release);
  return next;
}

void PermitPool::leave(PermitWait::Waiter& waiter) {
  using State = PermitWait::Waiter::State;
  {
    const std::lock_guard lock(mutex_);
    if (waiter.state.load(std::memory_order_relaxed) == State::waiting) {
      waiter.state.store(State::over, std::memory_order_relaxed);
      counts_.fetch_sub(pack({.in_use = 0, .waiting = 1}), std::memory_order_acq_rel);
      queue_.erase(waiter.place);
      return;
    }
  }
  if (waiter.state.exchange(State::over, std::memory_order_acq_rel) == State::granted) put_back();
}

std::uint32_t PermitPool::in_use() const {
  return unpack(counts_.load(std::memory_order_relaxed)).in_use;
}

std::uint32_t PermitPool::waiting() const {
  return unpack(counts_.load(std::memory_order_relaxed)).waiting;
}

Permit& Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = std::exchange(other.pool_, nullptr);
  return *this;
}

void Permit::release() {
  if (auto* pool = std::exchange(pool_, nullptr)) pool->put_back();
}

PermitWait& PermitWait::operator=(PermitWait&& other) noexcept {
  if (this == &other) return *this;
  leave();
  waiter_ = std::move(other.waiter_);
  return *this;
}

bool PermitWait::granted() const {
  return waiter_ && waiter_->state.load(std::memory_order_acquire) == Waiter::State::granted;
}

std::optional<Permit> PermitWait::take() {
  if (!granted()) return std::nullopt;
  waiter_->state.store(Waiter::State::over, std::memory_order_relaxed);
  Permit permit(*waiter_->pool);
  waiter_.reset();
  return permit;
}

void PermitWait::leave() {
  if (auto waiter = std::exchange(waiter_, nullptr)) waiter->pool->leave(*waiter);
}

}  // namespace gvm::routing
