#pragma once
// Counts the sessions that the process has open. When most of a wave of them has ended, what they
// took lies in the free lists of malloc, of which each lane has its own: it goes back to the system
// (script::return_free_memory).
namespace gvm::scripted {

class OpenSession {
 public:
  OpenSession();
  ~OpenSession();
  OpenSession(const OpenSession&) = delete;
  OpenSession& operator=(const OpenSession&) = delete;
};

}  // namespace gvm::scripted
