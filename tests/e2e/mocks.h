#pragma once
// Mock upstreams as backends, and what a module makes of them.
#include <string>
#include <string_view>
#include <vector>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/mock_upstream/server.h"

namespace gvm::e2e {

// A backend of one model, "m", at that upstream; more keys as in BackendSpec.
inline std::string backend_of(const mock::MockUpstream& upstream, std::string name, int priority,
                              std::string more = {}) {
  return backend({.name = std::move(name),
                  .host = upstream.url(),
                  .priority = priority,
                  .more = std::move(more)});
}

// A mock's text answers begin with its name.
inline std::string who_answered(const Reply& reply) {
  if (!reply.ok()) return reply.shown;
  const std::string text = reply.text();
  return text.substr(0, text.find(' '));
}

inline void must_take(mock::MockUpstream& upstream, std::string_view script) {
  if (auto taken = upstream.set_script(script); !taken)
    throw std::runtime_error(std::string(taken.error().to_string()));
}

// Every call meets that fault of tests/data/faults/faults.json.
inline void always(mock::MockUpstream& upstream, std::string_view fault) {
  must_take(upstream, R"({"rules": [{"fault": ")" + std::string(fault) + "\"}]}");
}

// One prompt in each session at once; the replies in the order of the sessions.
inline std::vector<Reply> ask_all(std::vector<std::unique_ptr<GenVm>>& sessions,
                                  const Value& request) {
  for (auto& session : sessions) session->send(request);
  std::vector<Reply> replies;
  for (auto& session : sessions) replies.push_back(session->receive());
  return replies;
}

inline std::vector<std::unique_ptr<GenVm>> open_sessions(std::uint16_t port, int count) {
  std::vector<std::unique_ptr<GenVm>> sessions;
  for (int i = 0; i < count; ++i) sessions.push_back(std::make_unique<GenVm>(port));
  return sessions;
}

}  // namespace gvm::e2e
