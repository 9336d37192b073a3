#pragma once
// The state of a slot: its listening socket, its open connections, and what they have used. It
// lives as long as its last connection.
#include <boost/asio/basic_waitable_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "egress/proxy.h"

namespace gvm::egress {

class Connection;

// State shared by all slots of a proxy.
struct ProxyCore {
  asio::any_io_executor executor;
  net::Resolver& resolver;
  Dialer& dialer;
  log::Logger log;
  ProxyStats stats;
};

class SlotState : public std::enable_shared_from_this<SlotState> {
 public:
  SlotState(std::shared_ptr<ProxyCore> core, asio::ip::tcp::acceptor acceptor);

  // Begins to accept connections, or continues after a pause.
  void accept_next();
  // Also stops listening.
  void shut();
  void open(std::shared_ptr<const SlotPolicy> policy);
  void close();

  const std::shared_ptr<const SlotPolicy>& policy() const { return policy_; }
  SlotUsage& usage() { return usage_; }
  ProxyCore& core() { return *core_; }

  // Called by connections. False when the budget is used up; the connection must then end.
  bool count_in(std::size_t bytes);
  bool count_out(std::size_t bytes);
  // Why a further connection must not do anything; empty when it may.
  std::string_view over_limit() const;
  void note_refusal(RefusalReason reason, std::string_view destination, std::string_view detail);
  void gone(Connection* connection);
  // Removes a connection without starting anything new. False when it was removed before.
  bool forget(Connection* connection);

 private:
  void accepted(Socket socket);
  // True when further connections must stay in the kernel's queue, until one ends or for a while.
  bool is_full() const;
  bool is_too_fast();
  void accept_after(Clock::duration span);
  void drop_queued();
  void cut_all();

  std::shared_ptr<ProxyCore> core_;
  asio::ip::tcp::acceptor acceptor_;
  asio::basic_waitable_timer<Clock> total_;
  asio::basic_waitable_timer<Clock> pause_;  // before the next accept
  bool accepting_ = false;                   // an accept or a pause is under way
  Clock::time_point burst_began_;
  std::size_t burst_ = 0;                     // connections accepted since
  std::shared_ptr<const SlotPolicy> policy_;  // null: closed
  std::size_t openings_ = 0;
  bool overdue_ = false;  // the time limit `total` has passed
  SlotUsage usage_;
  std::unordered_set<Connection*> connections_;  // of this policy
};

}  // namespace gvm::egress
