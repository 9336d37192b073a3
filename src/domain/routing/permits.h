#pragma once
// Limits how many calls a backend or a candidate gets at once. A caller without a permit waits in a
// bounded queue, first come first served, and is called back on its own lane. Taking and returning
// a permit is one atomic operation; only when no permit is free is the mutex taken.
#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace gvm::routing {

class PermitPool;

// Permission for one call; returned when destroyed.
class Permit {
 public:
  Permit(Permit&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept;
  ~Permit() { release(); }
  void release();

 private:
  friend class PermitPool;
  friend class PermitWait;
  explicit Permit(PermitPool& pool) : pool_(&pool) {}
  PermitPool* pool_;
};

// Runs a task on the lane of the waiting caller, e.g. by asio::post. Called on the thread that
// returned the permit.
using Executor = std::function<void(std::function<void()>)>;

// A place in the queue, or a permit already granted. Destroying it gives up either. The callback
// may still be called once after that, so it must own what it uses.
class PermitWait {
 public:
  PermitWait(PermitWait&&) noexcept = default;
  PermitWait& operator=(PermitWait&& other) noexcept;
  ~PermitWait() { leave(); }

  bool granted() const;
  // The permit, once; empty while waiting.
  std::optional<Permit> take();
  void leave();

 private:
  friend class PermitPool;
  struct Waiter;
  explicit PermitWait(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
  std::shared_ptr<Waiter> waiter_;
};

struct PermitLimits {
  std::uint32_t permits = 0;   // 0: no limit
  std::uint32_t queue = 1000;  // waiting at most
};

struct QueueFull {
  std::uint32_t waiting;
};

// Must outlive its permits and waits.
class PermitPool {
 public:
  explicit PermitPool(PermitLimits limits) : limits_(limits) {}
  PermitPool(const PermitPool&) = delete;
  PermitPool& operator=(const PermitPool&) = delete;

  // Takes a permit when one is free and nobody waits; else returns empty.
  std::optional<Permit> try_enter();
  // `on_granted` runs through `executor` when the permit is granted later. It does not run when the
  // result already holds a permit (check granted() first), or is destroyed before.
  std::expected<PermitWait, QueueFull> enter(Executor executor, std::function<void()> on_granted);

  std::uint32_t in_use() const;
  std::uint32_t waiting() const;

 private:
  friend class Permit;
  friend class PermitWait;
  struct Counts {
    std::uint32_t in_use;
    std::uint32_t waiting;
  };
  static Counts unpack(std::uint64_t word);
  static std::uint64_t pack(Counts counts);

  bool has_room(Counts counts) const;
  bool try_take();
  void put_back();
  // Grants a permit to the first waiter; null when none is left.
  std::shared_ptr<PermitWait::Waiter> hand_over();
  void leave(PermitWait::Waiter& waiter);

  PermitLimits limits_;
  std::atomic<std::uint64_t> counts_{0};  // who waits changes under mutex_ only
  std::mutex mutex_;
  std::list<std::shared_ptr<PermitWait::Waiter>> queue_;
};

}  // namespace gvm::routing
