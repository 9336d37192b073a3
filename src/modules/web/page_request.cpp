#include "web/page_request.h"

#include <algorithm>
#include <cmath>

#include "host/arguments.h"

namespace gvm::web {
namespace {

using std::chrono::milliseconds;

constexpr double kLongestWaitSeconds = 3'600;

class Reader {
 public:
  Reader(std::string_view function, const Value& table, const browser::RenderRequest& preset)
      : function_(function), table_(table) {
    request_.what = preset;
  }

  Result<PageRequest> read() {
    if (table_.as_map() == nullptr)
      return wrong("argument 2 (page)", "table", host::lua_kind(table_));
    for (const auto step : {&Reader::read_url, &Reader::read_mode, &Reader::read_waits,
                            &Reader::read_size, &Reader::read_engine, &Reader::read_choices}) {
      if (auto done = (this->*step)(); !done) return fail(std::move(done).error());
    }
    return std::move(request_);
  }

 private:
  std::unexpected<Error> wrong(std::string_view field, std::string_view expected,
                               std::string_view found) const {
    return fail(host::bad_argument(function_, field, expected, found));
  }
  const Value* field(std::string_view name) const {
    const Value* value = table_.find(name);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  Result<void> read_url() {
    const Value* url = field("url");
    const auto text = url == nullptr ? std::nullopt : host::bytes_of(*url);
    if (!text) return wrong("url", "string", url == nullptr ? "nil" : host::lua_kind(*url));
    request_.what.url = *text;
    return {};
  }

  Result<void> read_mode() {
    const Value* mode = field("mode");
    const auto name = mode == nullptr ? std::optional<std::string_view>("text") : mode->as_string();
    if (name == "text") {
      request_.what.mode = browser::RenderMode::text;
    } else if (name == "html") {
      request_.what.mode = browser::RenderMode::html;
    } else if (name == "screenshot") {
      request_.what.mode = browser::RenderMode::screenshot;
    } else {
      return wrong("mode", "text, html or screenshot", name.value_or(host::lua_kind(*mode)));
    }
    const Value* full = field("full_page");
    if (full == nullptr) return {};
    if (full->as_bool() == nullptr)
      return wrong("full_page", "boolean or nil", host::lua_kind(*full));
    request_.what.capture =
        *full->as_bool() ? browser::Capture::full_page : browser::Capture::viewport;
    return {};
  }

  Result<void> read_seconds(std::string_view name, milliseconds& target) const {
    const Value* value = field(name);
    if (value == nullptr) return {};
    const auto seconds = host::number_of(*value);
    // Also true for NaN.
    if (!seconds || !(*seconds >= 0))
      return wrong(name, "seconds, a number from 0", host::lua_kind(*value));
    const double milli = std::ceil(std::min(*seconds, kLongestWaitSeconds) * 1000);
    target = milliseconds(static_cast<milliseconds::rep>(milli));
    return {};
  }

  Result<void> read_waits() {
    if (auto wait = read_seconds("wait_after_loaded", request_.what.wait_after_loaded); !wait)
      return wait;
    if (auto quiet = read_seconds("quiet_dom", request_.what.quiet_dom); !quiet) return quiet;
    const Value* selector = field("wait_for_selector");
    if (selector == nullptr) return {};
    const auto text = selector->as_string();
    if (!text || text->empty())
      return wrong("wait_for_selector", "a CSS selector", host::lua_kind(*selector));
    request_.what.wait_for_selector = *text;
    return {};
  }

  Result<void> read_size() {
    const Value* size = field("size_limit");
    if (size == nullptr) return {};
    const auto bytes = host::number_of(*size);
    if (!bytes || !(*bytes >= 0))
      return wrong("size_limit", "bytes, a number from 0", host::lua_kind(*size));
    const double largest = static_cast<double>(request_.what.max_bytes);
    request_.what.max_bytes = static_cast<std::size_t>(std::min(*bytes, largest));
    return {};
  }

  Result<void> read_engine() {
    const Value* engine = field("engine");
    if (engine == nullptr) return {};
    const auto name = engine->as_string();
    request_.engine = name ? find_page_engine(*name) : std::nullopt;
    if (!request_.engine)
      return wrong("engine", "auto, browser or http", name.value_or(host::lua_kind(*engine)));
    return {};
  }

  // One of two words; the target keeps its value when the field is absent.
  template <class Choice>
  Result<void> read_choice(std::string_view name, Choice& target, std::string_view first,
                           Choice when_first, std::string_view second, Choice when_second) const {
    const Value* value = field(name);
    if (value == nullptr) return {};
    const auto text = value->as_string();
    if (text == first)
      target = when_first;
    else if (text == second)
      target = when_second;
    else
      return wrong(name, std::string(first) + " or " + std::string(second),
                   text.value_or(host::lua_kind(*value)));
    return {};
  }

  Result<void> read_choices() {
    using browser::LargePicture;
    using browser::PictureFormat;
    using browser::Unsettled;
    auto& what = request_.what;
    if (auto read = read_choice("unsettled", what.unsettled, "answer", Unsettled::answer, "fail",
                                Unsettled::fail);
        !read)
      return read;
    if (auto read = read_choice("screenshot_format", what.format, "png", PictureFormat::png, "jpeg",
                                PictureFormat::jpeg);
        !read)
      return read;
    if (auto read = read_choice("screenshot_too_large", what.large_picture, "refuse",
                                LargePicture::refuse, "scale", LargePicture::scale_down);
        !read)
      return read;
    const Value* invisible = field("include_invisible");
    if (invisible == nullptr) return {};
    if (invisible->as_bool() == nullptr)
      return wrong("include_invisible", "boolean or nil", host::lua_kind(*invisible));
    what.invisible = *invisible->as_bool() ? html::Invisible::included : html::Invisible::left_out;
    return {};
  }

  std::string_view function_;
  const Value& table_;
  PageRequest request_;
};

}  // namespace

Result<PageRequest> read_page_request(std::string_view function, const Value& table,
                                      const browser::RenderRequest& preset) {
  return Reader(function, table, preset).read();
}

}  // namespace gvm::web
