#include "browser/conditions.h"

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

asio::awaitable<Result<void>> freeze_viewport(DriverSession session, Appearance appearance,
                                              Deadline deadline) {
  std::vector<Step> steps;
  steps.push_back(viewport(appearance));
  auto done = co_await take(std::move(session), std::move(steps), deadline);
  co_return done;
}

}  // namespace gvm::browser
