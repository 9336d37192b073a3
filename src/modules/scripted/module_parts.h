#pragma once
// What the program gives a module beside its configuration, at the start and at every reload.
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/redactor.h"
#include "net/http_client_options.h"
#include "net/lane.h"

namespace gvm::scripted {

struct ModuleParts {
  std::shared_ptr<const Redactor> redactor;
  log::Logger logger;
  net::Lanes& lanes;  // outlive the module
  net::HttpClientOptions http;
  // Does something later, on a thread that is no lane's; empty: at once. What the last session of
  // an old configuration leaves behind is freed there: it takes longer than a lane may.
  std::function<void(std::function<void()>)> later = {};
  std::string program = {};  // "genvm-llm"; for traces, with its version
  std::string version = {};
};

// Puts a prepared configuration into use: sessions that begin from now on have it. At most once,
// on the thread of reloads.
using Commit = std::function<void()>;

// Owned by sessions; whoever drops it last has it freed by `parts.later`.
template <class T>
std::shared_ptr<const T> freed_later(std::unique_ptr<T> object, const ModuleParts& parts) {
  if (!parts.later) return object;
  return std::shared_ptr<const T>(
      object.release(), [later = parts.later](const T* over) { later([over] { delete over; }); });
}

}  // namespace gvm::scripted
