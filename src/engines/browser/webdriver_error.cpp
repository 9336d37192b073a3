#include "browser/webdriver_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "browser/codes.h"

namespace gvm::browser {
namespace {

constexpr std::size_t kMaxMessageBytes = 400;

// What Chromium and ChromeDriver say when the page was replaced while it was asked. ChromeDriver
// has "timeout" as the code of the last one.
constexpr std::array<std::string_view, 6> kReplaced{
    "context with specified id", "Execution context was destroyed", "No frame for given id",
    "navigated or closed",       "Could not create isolated world", "no such execution context"};

constexpr std::array<std::pair<CommandFailure, std::string_view>, 15> kNames{{
    {CommandFailure::transport, "transport"},
    {CommandFailure::protocol, "protocol"},
    {CommandFailure::deadline, "deadline"},
    {CommandFailure::cancelled, "cancelled"},
    {CommandFailure::session, "session"},
    {CommandFailure::crashed, "crashed"},
    {CommandFailure::replaced, "replaced"},
    {CommandFailure::timeout, "timeout"},
    {CommandFailure::dialog, "dialog"},
    {CommandFailure::page, "page"},
    {CommandFailure::script, "script"},
    {CommandFailure::missing, "missing"},
    {CommandFailure::unknown, "unknown"},
    {CommandFailure::refused, "refused"},
    {CommandFailure::other, "other"},
}};

// WebDriver, 6.6; the last rows are codes of ChromeDriver itself.
constexpr std::array<std::pair<std::string_view, CommandFailure>, 25> kW3c{{
    {"invalid session id", CommandFailure::session},
    {"session not created", CommandFailure::refused},
    {"timeout", CommandFailure::timeout},
    {"script timeout", CommandFailure::timeout},
    {"unexpected alert open", CommandFailure::dialog},
    {"javascript error", CommandFailure::script},
    {"insecure certificate", CommandFailure::page},
    {"no such alert", CommandFailure::missing},
    {"no such cookie", CommandFailure::missing},
    {"no such element", CommandFailure::missing},
    {"no such frame", CommandFailure::missing},
    {"no such window", CommandFailure::missing},
    {"no such shadow root", CommandFailure::missing},
    {"stale element reference", CommandFailure::missing},
    {"detached shadow root", CommandFailure::missing},
    {"unknown command", CommandFailure::unknown},
    {"unknown method", CommandFailure::unknown},
    {"unsupported operation", CommandFailure::unknown},
    {"invalid argument", CommandFailure::refused},
    {"invalid selector", CommandFailure::refused},
    {"invalid element state", CommandFailure::refused},
    {"unable to capture screen", CommandFailure::other},
    {"chrome not reachable", CommandFailure::session},
    {"disconnected", CommandFailure::session},
    {"tab crashed", CommandFailure::crashed},
}};

// ChromeDriver reports these as "unknown error" and explains them in words; searched in this order.
constexpr std::array<std::pair<std::string_view, CommandFailure>, 8> kPhrases{{
    {"page crash", CommandFailure::crashed},
    {"tab crashed", CommandFailure::crashed},
    {"not connected to DevTools", CommandFailure::session},
    {"disconnected", CommandFailure::session},
    {"not reachable", CommandFailure::session},
    {"net::ERR_", CommandFailure::page},
    {"Timed out receiving message", CommandFailure::timeout},
    {"unexpected alert open", CommandFailure::dialog},
}};

CommandFailure classify(std::string_view code, std::string_view message) {
  // ChromeDriver reports a crashed page as an invalid session id.
  if (message.find("page crash") != message.npos) return CommandFailure::crashed;
  if (std::ranges::any_of(kReplaced, [&](auto said) { return message.find(said) != message.npos; }))
    return CommandFailure::replaced;
  for (const auto& [name, failure] : kW3c) {
    if (name == code) return failure;
  }
  for (const auto& [phrase, failure] : kPhrases) {
    if (message.find(phrase) != message.npos) return failure;
  }
  return CommandFailure::other;
}

std::string first_line(std::string_view message) {
  const auto line = message.substr(0, message.find('\n'));
  return to_valid_utf8(line.substr(0, kMaxMessageBytes));
}

std::string_view text_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  return value == nullptr ? std::string_view() : value->as_string().value_or("");
}

}  // namespace

std::string_view name_of(CommandFailure failure) {
  for (const auto& [value, name] : kNames) {
    if (value == failure) return name;
  }
  return "other";
}

Error driver_error(std::string_view w3c_code, std::string_view message) {
  const CommandFailure failure = classify(w3c_code, message);
  auto line = first_line(message);
  Error error(codes::kBrowserCommand, Fatality::fatal,
              line.empty() ? to_valid_utf8(w3c_code.substr(0, kMaxMessageBytes)) : line);
  error.with("kind", Value::string(std::string(name_of(failure))));
  error.with("error", Value::string(to_valid_utf8(w3c_code.substr(0, kMaxMessageBytes))));
  error.with("message", Value::string(std::move(line)));
  return error;
}

Error protocol_error(std::string detail) {
  Error error(codes::kBrowserCommand, Fatality::fatal, std::move(detail));
  error.with("kind", Value::string(std::string(name_of(CommandFailure::protocol))));
  return error;
}

Error driver_lost(Error error) {
  if (error.code() == codes::kBrowserCommand ||
      command_failure_of(error) != CommandFailure::transport)
    return error;
  Error lost(codes::kBrowserCommand, Fatality::fatal,
             "the browser or its driver ended before it had answered");
  lost.with("kind", Value::string(std::string(name_of(CommandFailure::transport))));
  return lost;
}

CommandFailure command_failure_of(const Error& error) {
  if (error.code() == codes::kDeadlineExceeded) return CommandFailure::deadline;
  if (error.code() == codes::kCancelled) return CommandFailure::cancelled;
  if (error.code() == codes::kSendingRequest) return CommandFailure::transport;
  if (error.code() == codes::kReadingBody)
    return text_of(error, "kind") == "limit" ? CommandFailure::protocol : CommandFailure::transport;
  if (error.code() != codes::kBrowserCommand) return CommandFailure::other;
  const auto kind = text_of(error, "kind");
  for (const auto& [failure, name] : kNames) {
    if (name == kind) return failure;
  }
  return CommandFailure::other;
}

std::string_view net_error_of(const Error& error) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  constexpr std::string_view kPrefix = "net::";
  const auto message = text_of(error, "message");
  const auto at = message.find("net::ERR_");
  if (at == message.npos) return {};
  const auto name = message.substr(at + kPrefix.size());
  return message.substr(at,
                        kPrefix.size() + std::min(name.find_first_not_of(kAllowed), name.size()));
}

bool is_driver_failure(CommandFailure failure) {
  return failure == CommandFailure::transport || failure == CommandFailure::session ||
         failure == CommandFailure::protocol || failure == CommandFailure::unknown;
}

}  // namespace gvm::browser
