#include "browser/cell_state.h"

#include <utility>

#include "base/error_codes.h"

namespace gvm::browser {
namespace {

std::string loopback(const std::string& port) {
  return "127.0.0.1:" + port;
}

Protection protection_of(const std::vector<std::string>& fields) {
  Protection out;
  out.network = fields[1] == "1";
  out.processes = fields[2] == "1";
  out.files = fields[3] == "1";
  out.user = fields[4] == "1";
  out.sandbox = fields[5] == "1";
  out.missing = fields[6];
  return out;
}

}  // namespace

std::string Protection::to_string() const {
  const std::pair<bool, std::string_view> parts[] = {{network, "network namespace"},
                                                     {processes, "PID namespace"},
                                                     {files, "own file system"},
                                                     {user, "unprivileged user"},
                                                     {sandbox, "Chromium's sandbox"}};
  std::string active;
  std::string inactive;
  for (const auto& [on, name] : parts) {
    std::string& list = on ? active : inactive;
    if (!list.empty()) list += ", ";
    list += name;
  }
  std::string text = "egress proxy";
  if (!active.empty()) text += ", " + active;
  if (!inactive.empty()) text += "; not active: " + inactive;
  if (!missing.empty()) text += " (" + missing + ")";
  return text;
}

void CellState::take_listeners(launch::Packet message) {
  if (message.descriptors.size() + 1 != message.fields.size() || message.descriptors.empty())
    return;
  listeners.refused = std::move(message.descriptors[0]);
  for (std::size_t i = 1; i < message.descriptors.size(); ++i) {
    slot_addresses.push_back(loopback(message.fields[i + 1]));
    listeners.slots.push_back(std::move(message.descriptors[i]));
  }
}

void CellState::apply(launch::Packet message) {
  namespace kinds = cell_message;
  auto& fields = message.fields;
  const std::string kind = fields[0];
  const auto is = [&](std::string_view name, std::size_t count) {
    return kind == name && fields.size() >= count;
  };
  if (kind == kinds::kListeners) return take_listeners(std::move(message));
  if (is(kinds::kProtection, 7)) {
    protection = protection_of(fields);
  } else if (is(kinds::kReady, 4)) {
    devtools_address = loopback(fields[1]);
    devtools_path = fields[2];
    driver_address = loopback(fields[3]);
    ready = true;
  } else if (is(kinds::kUsage, 3)) {
    memory_bytes = parse_size(fields[1]).value_or(0);
    processes = parse_size(fields[2]).value_or(0);
  } else if (is(kinds::kExit, 2)) {
    exit_reason = fields[1];
    usable = false;
  } else if (is(kinds::kFailed, 3)) {
    failure = Error(codes::kCreatingSession, Fatality::fatal, fields[2]);
    failure->with("kind", Value::string(fields[1]));
    usable = false;
  }
}

}  // namespace gvm::browser
