// Every provider kind and its dialect, and the small helpers they share.
#include <fmt/format.h>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "envelope/image.h"
#include "provider/dialect.h"
#include "provider/dialects.h"

namespace gvm::provider {

const Dialect& dialect_of(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::openai_compatible:
      return openai_compatible_dialect();
    case ProviderKind::anthropic:
      return anthropic_dialect();
    case ProviderKind::google:
      return google_dialect();
    case ProviderKind::ollama:
      return ollama_dialect();
  }
  return openai_compatible_dialect();
}

std::string data_url(std::string_view image) {
  const auto type = envelope::image_format(image);
  std::string url = "data:";
  url += type ? envelope::media_type(*type) : "application/octet-stream";
  url += ";base64,";
  base64_encode_to(url, image);
  return url;
}

Value base64_string(std::string_view bytes) {
  return Value::string(base64_encode(bytes));
}

Value stop_list(const Sampling& sampling) {
  Value::Array list;
  for (const auto& stop : sampling.stop) list.push_back(Value::string(stop));
  return Value::array(std::move(list));
}

void put(Value::Map& map, std::string_view key, const std::optional<double>& number) {
  if (number) map.set(key, Value::real(*number));
}
void put(Value::Map& map, std::string_view key, const std::optional<std::int64_t>& number) {
  if (number) map.set(key, Value::integer(*number));
}
void put(Value::Map& map, std::string_view key, const std::optional<std::uint64_t>& number) {
  if (number) map.set(key, Value::integer(Integer::from_u64(*number)));
}
void put(Value::Map& map, std::string_view key, const std::optional<std::uint32_t>& number) {
  if (number) map.set(key, Value::integer(static_cast<std::int64_t>(*number)));
}

CallFailure not_the_promised_form(std::string_view expected) {
  return {Error(codes::kDeserializing, Fatality::fatal,
                fmt::format("the provider's answer has no {}", expected)),
          routing::ErrorKind::garbled, CallStage::form};
}

CallFailure no_answer(std::string_view expected) {
  CallFailure failure = not_the_promised_form(expected);
  failure.kind = routing::ErrorKind::no_answer;
  failure.stage = CallStage::meaning;
  return failure;
}

}  // namespace gvm::provider
