#include "browser/session_request.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

// Prefixes, without dashes, of arguments that open another way out, start programs, write files,
// give access to the driver, weaken isolation, or are settings of ours. (Features are one list of
// which the last mention counts, so another one would undo ours.)
constexpr std::array<std::string_view, 48> kRefused{"proxy",
                                                    "no-proxy",
                                                    "winhttp",
                                                    "host-",
                                                    "dns-",
                                                    "user-data",
                                                    "profile",
                                                    "disk-cache",
                                                    "media-cache",
                                                    "data-path",
                                                    "crash",
                                                    "remote-",
                                                    "devtools",
                                                    "auto-open-devtools",
                                                    "no-sandbox",
                                                    "disable-setuid",
                                                    "disable-seccomp",
                                                    "disable-namespace",
                                                    "allow-sandbox",
                                                    "disable-gpu-sandbox",
                                                    "single-process",
                                                    "in-process",
                                                    "no-zygote",
                                                    "type",
                                                    "renderer",
                                                    "utility",
                                                    "gpu-launcher",
                                                    "browser-subprocess",
                                                    "disable-web-security",
                                                    "disable-site",
                                                    "allow-",
                                                    "ignore-certificate",
                                                    "unsafely",
                                                    "load-",
                                                    "enable-features",
                                                    "disable-features",
                                                    "enable-blink",
                                                    "disable-blink",
                                                    "enable-quic",
                                                    "origin-to-force",
                                                    "force-webrtc",
                                                    "webrtc",
                                                    "log",
                                                    "enable-logging",
                                                    "ssl-key",
                                                    "net-log",
                                                    "dump-",
                                                    "disable-extensions-except"};
constexpr std::array<std::string_view, 9> kSettings{
    "window-size", "user-agent", "lang",  "accept-lang",      "force-device-scale-factor",
    "time-zone",   "app",        "kiosk", "enable-automation"};
// Arguments that we set anyway; many operators' files contain them.
constexpr std::array<std::string_view, 4> kOursAnyway{"headless", "disable-gpu",
                                                      "disable-dev-shm-usage", "hide-scrollbars"};

std::string_view bare_name(std::string_view argument) {
  const auto begin = std::min(argument.find_first_not_of('-'), argument.size());
  argument.remove_prefix(begin);
  return argument.substr(0, argument.find('='));
}

bool is_refused(std::string_view argument) {
  const auto name = bare_name(argument);
  return name.empty() || !argument.starts_with("--") || argument.find('\0') != argument.npos ||
         std::ranges::any_of(kRefused, [&](auto start) { return name.starts_with(start); }) ||
         std::ranges::find(kSettings, name) != kSettings.end();
}

void collect(const Value* capabilities, ExtraArguments& out) {
  if (capabilities == nullptr) return;
  const Value* options = capabilities->find("goog:chromeOptions");
  const Value* list = options == nullptr ? nullptr : options->find("args");
  if (list == nullptr || list->as_array() == nullptr) return;
  for (const auto& entry : *list->as_array()) {
    std::string argument(entry.as_string().value_or(""));
    // ChromeDriver adds missing dashes.
    if (!argument.starts_with("--")) argument = "--" + argument;
    if (std::ranges::find(kOursAnyway, bare_name(argument)) != kOursAnyway.end()) continue;
    (is_refused(argument) ? out.refused : out.taken).push_back(std::move(argument));
  }
}

Value milliseconds_of(std::chrono::milliseconds span) {
  return Value::integer(static_cast<std::int64_t>(span.count()));
}

}  // namespace

std::string attach_request(std::string_view devtools_address, const RenderLimits& limits) {
  Value timeouts = Value::fields("pageLoad", milliseconds_of(limits.navigation), "script",
                                 milliseconds_of(limits.command));
  Value logged =
      Value::fields("enableNetwork", Value::boolean(true), "enablePage", Value::boolean(false));
  Value chrome = Value::fields("debuggerAddress", Value::string(std::string(devtools_address)),
                               "perfLoggingPrefs", std::move(logged));
  Value match =
      Value::fields("browserName", Value::string("chrome"), "pageLoadStrategy",
                    Value::string("eager"), "unhandledPromptBehavior", Value::string("dismiss"),
                    "timeouts", std::move(timeouts), "goog:chromeOptions", std::move(chrome));
  match.as_map()->set("goog:loggingPrefs",
                      Value::fields("performance", Value::string("ALL"), "browser",
                                    Value::string("OFF"), "driver", Value::string("OFF")));
  return json::write(Value::fields("capabilities", Value::fields("alwaysMatch", std::move(match))));
}

Result<ExtraArguments> extra_arguments(std::string_view session_create_request) {
  ExtraArguments out;
  if (session_create_request.empty()) return out;
  auto parsed = text::parse_json(session_create_request);
  if (!parsed) return fail(std::move(parsed.error()));
  collect(text::at(*parsed, "/capabilities/alwaysMatch"), out);
  collect(text::at(*parsed, "/capabilities/firstMatch/0"), out);
  return out;
}

}  // namespace gvm::browser
