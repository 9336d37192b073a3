#include <boost/asio/post.hpp>
#include <deque>
#include <utility>

#include "script/session.h"

namespace gvm::script {

// Shared with the refill that is posted: it may run after the pool is gone.
struct SessionPool::State : std::enable_shared_from_this<State> {
  std::shared_ptr<const ProgramImpl> program;
  asio::any_io_executor executor;
  std::size_t wanted = 0;
  bool refilling = false;
  bool closed = false;
  std::deque<std::unique_ptr<SessionImpl>> warm;

  Result<std::unique_ptr<SessionImpl>> make() const {
    return SessionImpl::make(program, executor, log::Logger(), program->loading_services(),
                             nullptr);
  }

  // One at a time: the lane serves others in between.
  void refill() {
    if (refilling || closed || warm.size() >= wanted) return;
    refilling = true;
    asio::post(executor, [self = shared_from_this()] {
      self->refilling = false;
      if (self->closed) return;
      auto session = self->make();
      // A script that cannot start now tells whoever opens the next session.
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
    session = std::move(state_->warm.front());
    state_->warm.pop_front();
  }
  session->own(std::move(logger), std::move(services));
  // Not before: making a state takes longer than anything else in a session's start, and the lane
  // would do it while the peer waits for its first answer.
  session->when_gone([state = std::weak_ptr(state_)] {
    if (const auto pool = state.lock()) pool->refill();
  });
  if (auto done = session->begin(std::move(ctx_fields)); !done) {
    return fail(std::move(done.error()));
  }
  return session;
}

}  // namespace gvm::script
