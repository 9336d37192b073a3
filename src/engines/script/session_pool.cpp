#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>
#include <vector>

#include "script/session.h"

namespace gvm::script {

// Shared with the refill that is posted: it may run after the pool is gone.
struct SessionPool::State : std::enable_shared_from_this<State> {
  std::shared_ptr<const ProgramImpl> program;
  asio::any_io_executor executor;
  std::size_t wanted = 0;
  bool refilling = false;
  bool closed = false;
  std::vector<std::unique_ptr<SessionImpl>> warm;

  // States that serve one session after the other have a copy beside them, of 100 KiB or so.
  static constexpr std::size_t kMostSealed = 16;
  // Ended sessions leave more warm states than `wanted`, so that the next wave finds them.
  static constexpr std::size_t kMostLeft = 8;
  std::size_t sealed = 0;

  std::size_t most_kept() const { return wanted == 0 ? 0 : std::max(wanted, kMostLeft); }

  Result<std::unique_ptr<SessionImpl>> make() const {
    return SessionImpl::make(program, executor, log::Logger(), program->loading_services(),
                             nullptr);
  }

  // Before the state becomes a session's own.
  void seal(Vm& vm) {
    if (vm.is_sealed()) return;
    if (sealed < kMostSealed && vm.seal())
      ++sealed;
    else
      vm.end_set_up();
  }

  // Of a session that has ended.
  void take_back(std::unique_ptr<Vm> vm) {
    const bool was_sealed = vm->is_sealed();
    if (!closed && warm.size() < most_kept() && vm->rewind()) {
      warm.push_back(std::make_unique<SessionImpl>(program, executor, log::Logger(),
                                                   program->loading_services(), std::move(vm)));
      return;
    }
    if (was_sealed) --sealed;
    vm.reset();
    refill();
  }

  // One at a time: the lane serves others in between.
  void refill() {
    if (refilling || closed || warm.size() >= wanted) return;
    refilling = true;
    asio::post(executor, [self = shared_from_this()] {
      self->refilling = false;
      if (self->closed) return;
      auto session = self->make();
      // If the script cannot start now, the next open() reports the error.
      if (!session) return;
      self->warm.push_back(std::move(*session));
      self->refill();
    });
  }
};

SessionPool::SessionPool(std::shared_ptr<const Program> program, asio::any_io_executor executor,
                         std::size_t ready)
    : state_(std::make_shared<State>()) {
  state_->program = std::static_pointer_cast<const ProgramImpl>(std::move(program));
  state_->executor = std::move(executor);
  state_->wanted = ready;
  state_->refill();
}

SessionPool::~SessionPool() {
  state_->closed = true;
  state_->warm.clear();
}

std::size_t SessionPool::ready() const {
  return state_->warm.size();
}

Result<std::unique_ptr<Session>> SessionPool::open(log::Logger logger,
                                                   std::unique_ptr<Services> services,
                                                   Value ctx_fields) {
  std::unique_ptr<SessionImpl> session;
  if (state_->warm.empty()) {
    auto made = state_->make();
    if (!made) return fail(std::move(made.error()));
    session = std::move(*made);
  } else {
    // The state used last is the one whose memory the processor's caches still hold.
    session = std::move(state_->warm.back());
    state_->warm.pop_back();
  }
  session->own(std::move(logger), std::move(services));
  state_->seal(session->vm());
  // A state that must be made anew is made then, not now: it takes longer than anything else in a
  // session's start, and the lane would do it while the peer waits for its first answer.
  session->when_gone([state = std::weak_ptr(state_)](std::unique_ptr<Vm> vm) {
    if (const auto pool = state.lock()) pool->take_back(std::move(vm));
  });
  if (auto done = session->begin(std::move(ctx_fields)); !done) {
    return fail(std::move(done.error()));
  }
  return session;
}

}  // namespace gvm::script
