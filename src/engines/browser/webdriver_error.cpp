#include "browser/webdriver_error.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/error_codes.h"

namespace gvm::browser {
namespace {

constexpr std::size_t kMaxMessageBytes = 400;

constexpr std::array<std::pair<Trouble, std::string_view>, 14> kNames{{
    {Trouble::transport, "transport"},
    {Trouble::protocol, "protocol"},
    {Trouble::deadline, "deadline"},
    {Trouble::cancelled, "cancelled"},
    {Trouble::session, "session"},
    {Trouble::crashed, "crashed"},
    {Trouble::timeout, "timeout"},
    {Trouble::dialog, "dialog"},
    {Trouble::page, "page"},
    {Trouble::script, "script"},
    {Trouble::missing, "missing"},
    {Trouble::unknown, "unknown"},
    {Trouble::refused, "refused"},
    {Trouble::other, "other"},
}};

// WebDriver, 6.6; the last rows are ChromeDriver's own codes.
constexpr std::array<std::pair<std::string_view, Trouble>, 25> kW3c{{
    {"invalid session id", Trouble::session},
    {"session not created", Trouble::refused},
    {"timeout", Trouble::timeout},
    {"script timeout", Trouble::timeout},
    {"unexpected alert open", Trouble::dialog},
    {"javascript error", Trouble::script},
    {"insecure certificate", Trouble::page},
    {"no such alert", Trouble::missing},
    {"no such cookie", Trouble::missing},
    {"no such element", Trouble::missing},
    {"no such frame", Trouble::missing},
    {"no such window", Trouble::missing},
    {"no such shadow root", Trouble::missing},
    {"stale element reference", Trouble::missing},
    {"detached shadow root", Trouble::missing},
    {"unknown command", Trouble::unknown},
    {"unknown method", Trouble::unknown},
    {"unsupported operation", Trouble::unknown},
    {"invalid argument", Trouble::refused},
    {"invalid selector", Trouble::refused},
    {"invalid element state", Trouble::refused},
    {"unable to capture screen", Trouble::other},
    {"chrome not reachable", Trouble::session},
    {"disconnected", Trouble::session},
    {"tab crashed", Trouble::crashed},
}};

// What ChromeDriver calls "unknown error" and explains in words; looked for in this order.
constexpr std::array<std::pair<std::string_view, Trouble>, 8> kPhrases{{
    {"page crash", Trouble::crashed},
    {"tab crashed", Trouble::crashed},
    {"not connected to DevTools", Trouble::session},
    {"disconnected", Trouble::session},
    {"not reachable", Trouble::session},
    {"net::ERR_", Trouble::page},
    {"Timed out receiving message", Trouble::timeout},
    {"unexpected alert open", Trouble::dialog},
}};

Trouble classify(std::string_view code, std::string_view message) {
  // ChromeDriver reports a crashed page as an invalid session id.
  if (message.find("page crash") != message.npos) return Trouble::crashed;
  for (const auto& [name, trouble] : kW3c) {
    if (name == code) return trouble;
  }
  for (const auto& [phrase, trouble] : kPhrases) {
    if (message.find(phrase) != message.npos) return trouble;
  }
  return Trouble::other;
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

std::string_view name_of(Trouble trouble) {
  for (const auto& [value, name] : kNames) {
    if (value == trouble) return name;
  }
  return "other";
}

Error driver_error(std::string_view w3c_code, std::string_view message) {
  const Trouble trouble = classify(w3c_code, message);
  auto line = first_line(message);
  Error error(codes::kBrowserCommand, Fatality::fatal,
              line.empty() ? to_valid_utf8(w3c_code.substr(0, kMaxMessageBytes)) : line);
  error.with("kind", Value::string(std::string(name_of(trouble))));
  error.with("error", Value::string(to_valid_utf8(w3c_code.substr(0, kMaxMessageBytes))));
  error.with("message", Value::string(std::move(line)));
  return error;
}

Error protocol_error(std::string detail) {
  Error error(codes::kBrowserCommand, Fatality::fatal, std::move(detail));
  error.with("kind", Value::string(std::string(name_of(Trouble::protocol))));
  return error;
}

Trouble trouble_of(const Error& error) {
  if (error.code() == codes::kDeadlineExceeded) return Trouble::deadline;
  if (error.code() == codes::kCancelled) return Trouble::cancelled;
  if (error.code() == codes::kSendingRequest) return Trouble::transport;
  if (error.code() == codes::kReadingBody)
    return text_of(error, "kind") == "limit" ? Trouble::protocol : Trouble::transport;
  if (error.code() != codes::kBrowserCommand) return Trouble::other;
  const auto kind = text_of(error, "kind");
  for (const auto& [trouble, name] : kNames) {
    if (name == kind) return trouble;
  }
  return Trouble::other;
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

bool is_machine_trouble(Trouble trouble) {
  return trouble == Trouble::transport || trouble == Trouble::session ||
         trouble == Trouble::protocol || trouble == Trouble::unknown;
}

}  // namespace gvm::browser
