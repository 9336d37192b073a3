// Any calldata: the envelope's parsers refuse it with a typed error or return a request within the
// documented limits, and every error can be sent as a reply.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/encoding.h"
#include "calldata/decode.h"
#include "envelope/hello.h"
#include "envelope/image.h"
#include "envelope/reply.h"
#include "envelope/request.h"
#include "envelope/web_request.h"

namespace {

using namespace gvm;  // NOLINT: one small program

void require(bool holds) {
  if (!holds) std::abort();
}

void check_reply(const Error& error) {
  require(!error.causes().empty());
  for (const auto& cause : error.causes()) require(is_valid_utf8(cause));
  for (const auto generation : {envelope::Generation::a, envelope::Generation::c}) {
    const std::string reply = envelope::encode_error(error, generation);
    require(calldata::decode(reply).has_value());
  }
}

void check_llm(const envelope::LlmRequest& request) {
  if (const auto* prompt = std::get_if<envelope::PromptRequest>(&request)) {
    require(prompt->images.size() <= envelope::kMaxImages &&
            prompt->remaining_fuel.bit_length() <= 256);
    for (const auto& image : prompt->images)
      require(envelope::image_format(image.view()).has_value());
  } else {
    const auto& slots = std::get<envelope::TemplateRequest>(request).slots;
    require(slots.size() >= 3);
    for (const auto& [name, value] : slots) require(value.as_string().has_value());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = calldata::decode({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto hello = envelope::parse_hello(*value);
  if (hello) {
    require(hello->fields == *value);
  } else {
    check_reply(hello.error());
  }
  for (const auto generation : {envelope::Generation::b, envelope::Generation::c}) {
    const auto llm = envelope::parse_llm_request(*value, generation);
    llm ? check_llm(*llm) : check_reply(llm.error());
    const auto web = envelope::parse_web_request(*value, generation);
    if (!web) check_reply(web.error());
  }
  const std::string reply = envelope::encode_ok(*value, envelope::Generation::b);
  require(calldata::decode(reply).has_value());
  return 0;
}
