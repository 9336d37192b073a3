#pragma once
// The protocol of one kind of provider: converts a prompt to a request body, and an answer to text
// and usage. Pure, no I/O.
//
// A new provider is one file like dialect_ollama.cpp, one line in dialect_registry.cpp, one name in
// config, and its recorded answers in dialect_test.cpp.
#include <expected>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/value.h"
#include "provider/call_failure.h"
#include "provider/prompt.h"
#include "provider/provider_kind.h"
#include "provider/token_usage.h"
#include "text/answer_end.h"

namespace gvm::provider {

struct DialectHeader {
  std::string_view name;
  std::string_view value;
};

// What a model call depends on besides the prompt.
struct CallTarget {
  std::string_view model;        // the name (or pinned version) sent upstream
  std::string_view api_version;  // empty: the dialect's own
  bool supports_json = true;     // false: the JSON switch is left out and the text is repaired
  std::optional<std::uint64_t> context_tokens = {};  // ollama: what it is told as num_ctx
};

struct Answer {
  std::string text;      // the model's words; for JSON formats the text to repair
  bool cut = false;      // it is not whole
  bool by_limit = true;  // of one that was cut: a limit ended it; false: its rest never came
  // Of one that is not cut: whether it was the model that ended it, by the provider's own word. To
  // JSON whose end nobody vouches for nothing is added, not even a bracket.
  text::AnswerEnd end = text::AnswerEnd::cut;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // What stands between the host and `method_path`, unless the model has a base_path: "/v1".
  virtual std::string base_path(const CallTarget& target) const = 0;
  // "/chat/completions".
  virtual std::string method_path(const CallTarget& target) const = 0;
  // Both: what follows a plain host.
  std::string path(const CallTarget& target) const {
    return base_path(target) + method_path(target);
  }
  // A header every request carries beside content-type; name empty: none.
  virtual DialectHeader version_header(const CallTarget&) const { return {}; }
  // The request body without `extra`.
  virtual Value body(const Prompt& prompt, const CallTarget& target, Format format) const = 0;
  // The answer, when its end reason makes one (end_reason.h). DESERIALIZING when the body is not of
  // the promised form; ANSWER_NOT_USABLE when its end makes no answer.
  virtual std::expected<Answer, CallFailure> read(const Value& body, Format format) const = 0;
  // Never fails: missing counts are absent.
  virtual TokenUsage usage(const Value& body) const = 0;
};

const Dialect& dialect_of(ProviderKind kind);

// Helpers the dialects share.
std::string data_url(std::string_view image);  // data:<mime>;base64,...
Value base64_string(std::string_view bytes);
Value stop_list(const Sampling& sampling);
// Sets `key` when the parameter is there.
void put(Value::Map& map, std::string_view key, const std::optional<double>& number);
void put(Value::Map& map, std::string_view key, const std::optional<std::int64_t>& number);
void put(Value::Map& map, std::string_view key, const std::optional<std::uint64_t>& number);
void put(Value::Map& map, std::string_view key, const std::optional<std::uint32_t>& number);
CallFailure not_the_promised_form(std::string_view expected);
// Of a body that has the promised form, but not the text or the call: a prompt can bring it about.
CallFailure no_answer(std::string_view expected);

}  // namespace gvm::provider
