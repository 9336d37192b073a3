#include "support/mock_upstream/answer.h"

#include <fmt/format.h>

#include "base/json.h"
#include "text/json.h"

namespace gvm::mock {
namespace {

constexpr std::size_t kBytesPerToken = 4;
constexpr std::uint64_t kTokensPerImage = 85;
constexpr std::size_t kEchoedBytes = 120;

std::uint64_t tokens_in(std::string_view text) {
  return (text.size() + kBytesPerToken - 1) / kBytesPerToken;
}

std::string json_string(std::string_view text) {
  std::string out;
  json::write_string_to(out, text);
  return out;
}

// Moves the position so that it does not cut a character.
std::string_view beginning(std::string_view text) {
  if (text.size() <= kEchoedBytes) return text;
  std::size_t end = kEchoedBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

// One count in its shape, as JSON; empty: left out.
std::string number(UsageShape shape, std::uint64_t count) {
  switch (shape) {
    case UsageShape::right:
    case UsageShape::missing:
    case UsageShape::null:
      return std::to_string(count);
    case UsageShape::strings:
      return fmt::format("\"{}\"", count);
    case UsageShape::negative:
      return fmt::format("-{}", count + 1);
    case UsageShape::huge:  // beyond 64 bits, too
      return fmt::format("9{}99999999999999999999", count);
    case UsageShape::fractions:
      return fmt::format("{}.5", count);
    case UsageShape::zero:
      return "0";
  }
  return {};
}

std::string openai_usage(const Usage& u, UsageShape shape) {
  const auto n = [shape](std::uint64_t count) { return number(shape, count); };
  const std::uint64_t prompt = u.input + u.cache_read + u.cache_write;
  const std::uint64_t completion = u.output + u.reasoning;
  return fmt::format(R"({{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{},)"
                     R"("prompt_tokens_details":{{"cached_tokens":{},"cache_write_tokens":{}}},)"
                     R"("completion_tokens_details":{{"reasoning_tokens":{}}}}})",
                     n(prompt), n(completion), n(prompt + completion), n(u.cache_read),
                     n(u.cache_write), n(u.reasoning));
}

std::string anthropic_usage(const Usage& u, UsageShape shape) {
  const auto n = [shape](std::uint64_t count) { return number(shape, count); };
  // In this form thinking is part of output_tokens, and cached tokens are not part of input_tokens.
  return fmt::format(R"({{"input_tokens":{},"output_tokens":{},"cache_read_input_tokens":{},)"
                     R"("cache_creation_input_tokens":{}}})",
                     n(u.input), n(u.output + u.reasoning), n(u.cache_read), n(u.cache_write));
}

std::string google_usage(const Usage& u, UsageShape shape) {
  const auto n = [shape](std::uint64_t count) { return number(shape, count); };
  const std::uint64_t prompt = u.input + u.cache_read + u.cache_write;
  return fmt::format(R"({{"promptTokenCount":{},"candidatesTokenCount":{},"thoughtsTokenCount":{},)"
                     R"("cachedContentTokenCount":{},"totalTokenCount":{}}})",
                     n(prompt), n(u.output), n(u.reasoning), n(u.cache_read),
                     n(prompt + u.output + u.reasoning));
}

// `,"usage":{...}`, or what replaces it.
std::string usage_member(std::string_view name, const AnswerParts& parts,
                         std::string (*write)(const Usage&, UsageShape)) {
  if (parts.usage_shape == UsageShape::missing) return {};
  if (parts.usage_shape == UsageShape::null) return fmt::format(",\"{}\":null", name);
  return fmt::format(",\"{}\":{}", name, write(parts.usage, parts.usage_shape));
}

// `"name":<words>,` in the shape of `content`.
std::string words_member(std::string_view name, const AnswerParts& parts) {
  switch (parts.content) {
    case Content::empty:
      return fmt::format("\"{}\":\"\",", name);
    case Content::null:
    case Content::refused:
      return fmt::format("\"{}\":null,", name);
    case Content::number:
      return fmt::format("\"{}\":42,", name);
    case Content::missing:
    case Content::nothing:
      return {};
    case Content::words:
    case Content::at_limit:
      break;
  }
  return fmt::format("\"{}\":{},", name, json_string(parts.words));
}

std::string openai_body(const AnswerParts& parts) {
  std::string choices;
  if (parts.content != Content::nothing) {
    const bool refused = parts.content == Content::refused;
    choices = fmt::format(
        R"({{"index":0,"message":{{{}"role":"assistant"{}}},"finish_reason":"{}"}})",
        words_member("content", parts), refused ? R"(,"refusal":"I cannot help with that.")" : "",
        parts.content == Content::at_limit ? "length" : "stop");
  }
  return fmt::format(
      R"({{"id":"{}","object":"chat.completion","created":1700000000,"model":{},"choices":[{}]{}}})",
      parts.id, json_string(parts.call->model), choices,
      usage_member("usage", parts, openai_usage));
}

// The tool's input: the words themselves when they are a JSON object.
std::string tool_input(const AnswerParts& parts) {
  if (parts.content == Content::empty) return "{}";
  if (parts.content == Content::null) return "null";
  if (parts.content == Content::number) return "42";
  const auto parsed = text::parse_json(parts.words);
  return parsed && parsed->as_map() ? std::string(parts.words) : json_string(parts.words);
}

std::string anthropic_block(const AnswerParts& parts) {
  if (parts.content == Content::nothing || parts.content == Content::refused) return {};
  if (parts.call->tool.empty())
    return fmt::format(R"({{{}"type":"text"}})", words_member("text", parts));
  const bool missing = parts.content == Content::missing;
  return fmt::format(R"({{"type":"tool_use","id":"toolu_1","name":{}{}}})",
                     json_string(parts.call->tool),
                     missing ? std::string() : ",\"input\":" + tool_input(parts));
}

std::string anthropic_body(const AnswerParts& parts) {
  std::string_view reason = parts.call->tool.empty() ? "end_turn" : "tool_use";
  if (parts.content == Content::refused) reason = "refusal";
  if (parts.content == Content::at_limit) reason = "max_tokens";
  return fmt::format(R"({{"id":"{}","type":"message","role":"assistant","model":{},"content":[{}],)"
                     R"("stop_reason":"{}"{}}})",
                     parts.id, json_string(parts.call->model), anthropic_block(parts), reason,
                     usage_member("usage", parts, anthropic_usage));
}

std::string google_body(const AnswerParts& parts) {
  std::string candidates;
  if (parts.content == Content::refused) {
    candidates = R"({"index":0,"finishReason":"SAFETY"})";
  } else if (parts.content != Content::nothing) {
    std::string part = words_member("text", parts);
    if (!part.empty()) part.pop_back();
    candidates = fmt::format(
        R"({{"content":{{"parts":[{{{}}}],"role":"model"}},"finishReason":"{}","index":0}})", part,
        parts.content == Content::at_limit ? "MAX_TOKENS" : "STOP");
  }
  return fmt::format(R"({{"candidates":[{}],"responseId":"{}","modelVersion":{}{}}})", candidates,
                     parts.id, json_string(parts.call->model),
                     usage_member("usageMetadata", parts, google_usage));
}

std::string ollama_usage(const AnswerParts& parts) {
  const UsageShape shape = parts.usage_shape;
  if (shape == UsageShape::missing) return {};
  if (shape == UsageShape::null) return R"(,"prompt_eval_count":null,"eval_count":null)";
  const Usage& u = parts.usage;
  return fmt::format(R"(,"prompt_eval_count":{},"eval_count":{})",
                     number(shape, u.input + u.cache_read + u.cache_write),
                     number(shape, u.output + u.reasoning));
}

std::string ollama_body(const AnswerParts& parts) {
  return fmt::format(
      R"({{"model":{},"created_at":"2023-11-14T22:13:20Z",{}"done":true,"done_reason":"{}"{}}})",
      json_string(parts.call->model), words_member("response", parts),
      parts.content == Content::at_limit ? "length" : "stop", ollama_usage(parts));
}

struct StatusWords {
  int status;
  std::string_view openai;
  std::string_view anthropic;
  std::string_view google;
};
constexpr StatusWords kStatusWords[] = {
    {400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"},
    {401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED"},
    {402, "insufficient_quota", "billing_error", "FAILED_PRECONDITION"},
    {403, "permission_denied", "permission_error", "PERMISSION_DENIED"},
    {404, "model_not_found", "not_found_error", "NOT_FOUND"},
    {408, "timeout", "timeout_error", "DEADLINE_EXCEEDED"},
    {413, "request_too_large", "request_too_large", "INVALID_ARGUMENT"},
    {429, "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"},
    {503, "overloaded", "overloaded_error", "UNAVAILABLE"},
    {504, "timeout", "timeout_error", "DEADLINE_EXCEEDED"},
    {529, "overloaded", "overloaded_error", "UNAVAILABLE"},
};
constexpr StatusWords kOtherStatus{500, "server_error", "api_error", "INTERNAL"};

const StatusWords& words_of(int status) {
  for (const auto& row : kStatusWords) {
    if (row.status == status) return row;
  }
  return kOtherStatus;
}

}  // namespace

std::string words_for(const Call& call, std::string_view upstream) {
  const std::string sentence =
      fmt::format("{} answers \"{}\". The end.", upstream, beginning(call.text));
  if (!call.json) return sentence;
  return fmt::format(R"({{"reason":"asked to","result":true,"answer":{}}})", json_string(sentence));
}

Usage usage_for(const Call& call, std::string_view words) {
  Usage usage;
  usage.input = tokens_in(call.system) + tokens_in(call.text) + kTokensPerImage * call.images;
  usage.output = tokens_in(words);
  return usage;
}

std::string answer_body(const AnswerParts& parts) {
  switch (parts.call->form) {
    case Form::openai_compatible:
      return openai_body(parts);
    case Form::anthropic:
      return anthropic_body(parts);
    case Form::google:
      return google_body(parts);
    case Form::ollama:
      return ollama_body(parts);
  }
  return {};
}

std::string error_body(Form form, int status, std::string_view message) {
  const StatusWords& words = words_of(status);
  const std::string text = json_string(message);
  switch (form) {
    case Form::openai_compatible:
      return fmt::format(R"({{"error":{{"message":{},"type":"{}","param":null,"code":"{}"}}}})",
                         text, words.openai, words.openai);
    case Form::anthropic:
      return fmt::format(R"({{"type":"error","error":{{"type":"{}","message":{}}}}})",
                         words.anthropic, text);
    case Form::google:
      return fmt::format(R"({{"error":{{"code":{},"message":{},"status":"{}"}}}})", status, text,
                         words.google);
    case Form::ollama:
      return fmt::format(R"({{"error":{}}})", text);
  }
  return {};
}

}  // namespace gvm::mock
