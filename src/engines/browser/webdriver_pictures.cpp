// Pictures of a session's page.
#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "browser/webdriver.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

// Of JPEG, 0 to 100: text stays readable.
constexpr int kJpegQuality = 85;

struct Area {
  double x = 0;
  double y = 0;
  double width = 1;
  double height = 1;
};

double real(const Value* map, std::string_view key) {
  const Value* number = map == nullptr ? nullptr : map->find(key);
  if (number == nullptr) return 0;
  if (const double* value = number->as_real()) return std::clamp(*value, 0.0, 1e9);
  const Integer* integer = number->as_integer();
  const auto whole = integer == nullptr ? 0 : integer->to_i64().value_or(0);
  return std::clamp(static_cast<double>(whole), 0.0, 1e9);
}

std::int64_t whole(const Value* number) {
  if (number == nullptr) return 0;
  if (const double* value = number->as_real()) return std::llround(std::clamp(*value, 0.0, 1e9));
  const Integer* integer = number->as_integer();
  return integer == nullptr ? 0 : integer->to_i64().value_or(0);
}

Result<std::string> decoded_picture(std::string_view base64, PictureFormat format) {
  auto bytes = base64_decode(base64);
  const std::string_view start = format == PictureFormat::png ? "\x89PNG" : "\xFF\xD8\xFF";
  if (!bytes || !bytes->starts_with(start))
    return fail(protocol_error("the driver's screenshot is no picture of the form asked for"));
  return std::move(*bytes);
}

// The part of the page that a picture shows, from Page.getLayoutMetrics.
Area area_of(const Value& metrics, Capture capture) {
  const bool page = capture == Capture::full_page;
  const Value* shown = text::at(metrics, "/cssVisualViewport");
  const Value* size = page ? text::at(metrics, "/cssContentSize") : shown;
  Area area;
  if (!page) {
    area.x = real(shown, "pageX");
    area.y = real(shown, "pageY");
  }
  area.width = std::max(1.0, std::ceil(real(size, page ? "width" : "clientWidth")));
  area.height = std::clamp(std::ceil(real(size, page ? "height" : "clientHeight")), 1.0,
                           static_cast<double>(DriverSession::kMaxPageHeight));
  return area;
}

Value capture_params(const PictureRequest& request) {
  const bool png = request.format == PictureFormat::png;
  Value params = Value::fields("format", Value::string(png ? "png" : "jpeg"));
  if (!png) params.as_map()->set("quality", Value::integer(kJpegQuality));
  return params;
}

}  // namespace

asio::awaitable<Result<std::string>> DriverSession::screenshot(PictureRequest request,
                                                               Deadline deadline) {
  if (info_.chromium) {
    auto picture = co_await picture_by_cdp(request, deadline);
    co_return picture;
  }
  if (request.format != PictureFormat::png || request.scale != 1)
    co_return fail(
        driver_error("unknown command", "only Chromium makes JPEG and smaller pictures"));
  if (request.capture == Capture::viewport) {
    auto png = co_await viewport_png(deadline);
    co_return png;
  }
  auto png = co_await page_png_by_resizing(deadline);
  co_return png;
}

// 17.1
asio::awaitable<Result<std::string>> DriverSession::viewport_png(Deadline deadline) {
  std::string path = "/screenshot";
  auto text = co_await ask(std::move(path), deadline);
  if (!text) co_return text;
  co_return decoded_picture(*text, PictureFormat::png);
}

asio::awaitable<Result<std::string>> DriverSession::picture_by_cdp(PictureRequest request,
                                                                   Deadline deadline) {
  Value params = capture_params(request);
  if (request.capture == Capture::full_page || request.scale != 1) {
    std::string layout = "Page.getLayoutMetrics";
    Value none = Value::map();
    auto metrics = co_await cdp(std::move(layout), std::move(none), deadline);
    if (!metrics) co_return fail(std::move(metrics.error()));
    const Area area = area_of(*metrics, request.capture);
    Value clip = Value::fields("x", Value::real(area.x), "y", Value::real(area.y), "width",
                               Value::real(area.width), "height", Value::real(area.height), "scale",
                               Value::real(request.scale));
    params.as_map()->set("captureBeyondViewport", Value::boolean(true));
    params.as_map()->set("clip", std::move(clip));
  }
  std::string capture = "Page.captureScreenshot";
  auto picture = co_await cdp(std::move(capture), std::move(params), deadline);
  if (!picture) co_return fail(std::move(picture.error()));
  co_return decoded_picture(text::string_at(*picture, "/data").value_or(""), request.format);
}

// Drivers without DevTools: the window is made as high as the page for one picture.
asio::awaitable<Result<std::string>> DriverSession::page_png_by_resizing(Deadline deadline) {
  auto before = co_await window_rect(deadline);
  if (!before) co_return fail(std::move(before.error()));
  std::string script =
      "return [document.documentElement.scrollHeight, "
      "window.outerHeight - window.innerHeight]";
  Value none = Value::array();
  auto heights = co_await execute(std::move(script), std::move(none), deadline);
  if (!heights) co_return fail(std::move(heights.error()));
  const std::int64_t needed = whole(text::at(*heights, "/0")) + whole(text::at(*heights, "/1"));
  const Rect large{before->width, static_cast<int>(std::clamp<std::int64_t>(needed, before->height,
                                                                            kMaxPageHeight))};
  auto resized = co_await set_window_rect(large, deadline);
  if (!resized) co_return fail(std::move(resized.error()));
  auto png = co_await viewport_png(deadline);
  auto restored = co_await set_window_rect(*before, deadline);
  if (png && !restored) co_return fail(std::move(restored.error()));
  co_return png;
}

}  // namespace gvm::browser
