#pragma once
// The requests of a GenVM to the web module (wire.md, "Requests"). Bytes are moved out of the
// message, not copied: when they borrow from the frame, the frame must outlive the request.
#include <chrono>
#include <optional>
#include <variant>

#include "base/error.h"
#include "base/value.h"
#include "envelope/generation.h"

namespace gvm::envelope {

enum class RenderMode { text, html, screenshot };
enum class WebMethod { get, post, put, head, delete_, options, patch };
std::string_view render_mode_name(RenderMode mode);  // as on the wire: "text"
std::string_view web_method_name(WebMethod method);  // as on the wire: "GET"

struct RenderRequest {
  RenderMode mode = RenderMode::text;
  Blob url;
  std::chrono::milliseconds wait_after_loaded{0};
  std::optional<std::uint64_t> size_limit;  // bytes of the answer's body; generation C only
};

struct WebRequest {
  WebMethod method = WebMethod::get;
  Blob url;
  Value::Map headers;  // name -> bytes
  std::optional<Blob> body;
  bool sign = false;
  std::optional<std::uint64_t> size_limit;  // bytes of the answer's body; generation C only
};

using AnyWebRequest = std::variant<RenderRequest, WebRequest>;

// A variant of B or C may hold [payload, size_limit]. Errors as of parse_llm_request:
// MALFORMED_REQUEST, fatal.
Result<AnyWebRequest> parse_web_request(Value message, Generation generation);

// "<n>ms" or "<n>s" with a decimal n, which may have a fraction. A longer wait is cut to
// kLongestWait; the module cuts it to its own limit afterwards.
inline constexpr std::chrono::hours kLongestWait{1};
std::optional<std::chrono::milliseconds> parse_wait(std::string_view text);

}  // namespace gvm::envelope
