#include "browser/conditions.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_client.h"

namespace gvm::browser {
namespace {

struct Step {
  std::string method;
  Value params;
};

Step viewport(const Appearance& appearance) {
  return {"Emulation.setDeviceMetricsOverride",
          Value::fields("width", Value::integer(appearance.width), "height",
                        Value::integer(appearance.height), "deviceScaleFactor",
                        Value::real(appearance.scale), "mobile", Value::boolean(false))};
}

// Math.random() gives the same numbers in each new document. Many pages put them into their text or
// markup: whom a variant is shown, how a list is shuffled, the comments that Lit leaves. The
// generator is mulberry32. Secrets of pages come from crypto.getRandomValues(), which stays as it
// is.
constexpr std::string_view kFixedRandom = R"((() => {
  let state = 0x6a09e667;
  Math.random = {random() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }}.random;
})();)";

Step fixed_random() {
  return {"Page.addScriptToEvaluateOnNewDocument",
          Value::fields("source", Value::string(std::string(kFixedRandom)))};
}

std::vector<Step> all_steps(const Appearance& appearance) {
  std::vector<Step> steps;
  steps.push_back(viewport(appearance));
  steps.push_back({"Emulation.setTimezoneOverride",
                   Value::fields("timezoneId", Value::string(appearance.time_zone))});
  steps.push_back(
      {"Emulation.setLocaleOverride", Value::fields("locale", Value::string(appearance.language))});
  Value reduced = Value::fields("name", Value::string("prefers-reduced-motion"), "value",
                                Value::string("reduce"));
  steps.push_back(
      {"Emulation.setEmulatedMedia", Value::fields("features", Value::list(std::move(reduced)))});
  if (!appearance.user_agent.empty())
    steps.push_back({"Emulation.setUserAgentOverride",
                     Value::fields("userAgent", Value::string(appearance.user_agent),
                                   "acceptLanguage", Value::string(appearance.language))});
  steps.push_back(fixed_random());
  return steps;
}

asio::awaitable<Result<void>> take(DriverSession session, std::vector<Step> steps,
                                   Deadline deadline) {
  for (auto& step : steps) {
    auto done = co_await session.cdp(std::move(step.method), std::move(step.params), deadline);
    if (!done) co_return fail(std::move(done.error()).add_cause("freezing the page's conditions"));
  }
  co_return Result<void>();
}

}  // namespace

asio::awaitable<Result<void>> freeze_conditions(DriverSession session, Appearance appearance,
                                                Deadline deadline) {
  if (!session.info().chromium) {
    const Rect rect{appearance.width, appearance.height};
    auto sized = co_await session.set_window_rect(rect, deadline);
    co_return sized;
  }
  std::vector<Step> steps = all_steps(appearance);
  auto done = co_await take(std::move(session), std::move(steps), deadline);
  co_return done;
}

asio::awaitable<Result<void>> freeze_the_rest(DriverSession session, Appearance appearance,
                                              Deadline deadline) {
  std::vector<Step> steps;
  steps.push_back(viewport(appearance));
  steps.push_back(fixed_random());
  auto done = co_await take(std::move(session), std::move(steps), deadline);
  co_return done;
}

}  // namespace gvm::browser
