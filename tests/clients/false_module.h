#pragma once
// A server that answers in the length-prefixed framing with what a real module never sends.
#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "support/wire_client.h"

namespace gvm::clients {

class FalseModule {
 public:
  // Called for every connection, one at a time, on the server's thread. It may throw.
  using Script = std::function<void(test::WireClient&)>;

  explicit FalseModule(Script script);
  ~FalseModule();
  FalseModule(const FalseModule&) = delete;

  std::string address() const;  // tcp://127.0.0.1:PORT
  int connections() const { return connections_; }

 private:
  void serve();

  Script script_;
  int listener_;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace gvm::clients
