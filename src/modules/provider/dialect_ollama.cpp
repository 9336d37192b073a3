// Ollama's generate form: POST {host}/api/generate. Runs locally, so a key is optional.
#include <fmt/format.h>

#include "provider/dialects.h"
#include "provider/end_reason.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

Value options_of(const Prompt& prompt, const CallTarget& target) {
  Value::Map options;
  // Without it, ollama cuts a prompt beyond the default length and reports no error.
  put(options, "num_ctx", target.context_tokens);
  put(options, "num_predict", prompt.max_tokens);
  put(options, "temperature", prompt.sampling.temperature);
  put(options, "top_p", prompt.sampling.top_p);
  put(options, "top_k", prompt.sampling.top_k);
  put(options, "presence_penalty", prompt.sampling.presence_penalty);
  put(options, "frequency_penalty", prompt.sampling.frequency_penalty);
  put(options, "seed", prompt.sampling.seed);
  if (!prompt.sampling.stop.empty()) options.set("stop", stop_list(prompt.sampling));
  return Value::map(std::move(options));
}

// This form has no conversation: what was wrong follows the prompt.
Value prompt_text(const Prompt& prompt) {
  const auto& wrong = prompt.correction;
  if (!wrong) return Value::string(Blob::borrow(prompt.user_message.view()));
  return Value::string(fmt::format("{}\n\nYour answer was:\n{}\n\n{}", prompt.user_message.view(),
                                   wrong->answer, wrong->fault));
}

class Ollama final : public Dialect {
 public:
  std::string base_path(const CallTarget&) const override { return "/api"; }
  std::string method_path(const CallTarget&) const override { return "/generate"; }

  Value body(const Prompt& prompt, const CallTarget& target, Format format) const override {
    Value::Map body;
    body.set("model", Value::string(Blob::borrow(target.model)));
    body.set("prompt", prompt_text(prompt));
    body.set("stream", Value::boolean(false));
    body.set("options", options_of(prompt, target));
    if (prompt.system_message)
      body.set("system", Value::string(Blob::borrow(prompt.system_message->view())));
    if (!prompt.images.empty()) {
      Value::Array images;
      for (const auto& image : prompt.images) images.push_back(base64_string(image.view()));
      body.set("images", Value::array(std::move(images)));
    }
    if (format != Format::text && target.supports_json) body.set("format", Value::string("json"));
    return Value::map(std::move(body));
  }

  std::expected<Answer, CallFailure> read(const Value& body, Format) const override {
    auto text = text::string_at(body, "/response");
    if (!text) return std::unexpected(not_the_promised_form("text at /response"));
    const auto reason = end_reason_at(body, "/done_reason");
    const Value* done = body.find("done");
    const bool* is_done = done == nullptr ? nullptr : done->as_bool();
    if (is_done == nullptr) return std::unexpected(not_the_promised_form("true or false at /done"));
    // A part of an answer whose rest never came.
    if (!*is_done) return Answer{.text = std::string(*text), .cut = true, .by_limit = false};
    auto cut = judge_end(ProviderKind::ollama, reason, "");
    if (!cut) return std::unexpected(std::move(cut).error());
    return Answer{
        .text = std::string(*text), .cut = *cut, .end = end_of_text(ProviderKind::ollama, reason)};
  }

  TokenUsage usage(const Value& body) const override {
    TokenUsage usage;
    usage.input = count_at(body, "/prompt_eval_count");
    usage.output = count_at(body, "/eval_count");
    usage.total = sum_of(usage.input, usage.output);
    Value::Map raw;
    for (std::string_view key : {"prompt_eval_count", "eval_count"}) {
      if (const Value* count = body.find(key)) raw.set(key, *count);
    }
    usage.raw_usage = Value::map(std::move(raw));
    return usage;
  }
};

}  // namespace

const Dialect& ollama_dialect() {
  static const Ollama dialect;
  return dialect;
}

}  // namespace gvm::provider
