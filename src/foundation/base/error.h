#pragma once
// The typed error of the modules, and Result<T>. Expected failures are values; exceptions mean a
// bug or a failed start.
//
// On the wire (wire.md, "Error causes"): causes outermost first, the first is the stable code that
// hosts match on; a non-fatal error becomes UserError, which a contract may catch; a fatal one
// becomes FatalError.
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"

namespace gvm {

enum class Fatality : bool { user = false, fatal = true };

class Error {
 public:
  Error(std::string_view code, Fatality fatality);
  // `detail` becomes the second cause: one sentence for a person, without secrets.
  Error(std::string_view code, Fatality fatality, std::string detail);
  // For errors raised by scripts. `causes` must not be empty.
  Error(std::vector<std::string> causes, Fatality fatality, Value ctx);

  std::string_view code() const { return causes_.front(); }
  bool fatal() const { return fatality_ == Fatality::fatal; }
  const std::vector<std::string>& causes() const { return causes_; }
  const Value& ctx() const { return ctx_; }  // a map

  // Appends a deeper cause (the code stays first).
  Error& add_cause(std::string cause) &;
  Error&& add_cause(std::string cause) &&;
  // Sets a field of ctx.
  Error& with(std::string_view key, Value value) &;
  Error&& with(std::string_view key, Value value) &&;
  Error& set_fatality(Fatality fatality) &;

  // Rewrites every string in causes and ctx (bytes and map keys too) by `rewrite(std::string_view)
  // -> std::string`. Used for redaction.
  template <class F>
  void rewrite_strings(F&& rewrite);

  // "CODE: detail: deeper" for logs.
  std::string to_string() const;
  // {"causes": [...], "fatal": bool, "ctx": {...}}, as scripts and FatalError texts see it.
  Value to_value() const;

  friend bool operator==(const Error&, const Error&) = default;

 private:
  std::vector<std::string> causes_;
  Fatality fatality_;
  Value ctx_ = Value::map();
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}
inline std::unexpected<Error> fail(std::string_view code, Fatality fatality, std::string detail) {
  return std::unexpected<Error>(Error(code, fatality, std::move(detail)));
}

// Rewrites every string, byte string and map key in `value`: a body that an upstream echoed may
// contain a secret, too.
void rewrite_value_strings(Value& value,
                           const std::function<std::string(std::string_view)>& rewrite);

template <class F>
void Error::rewrite_strings(F&& rewrite) {
  for (auto& cause : causes_) cause = rewrite(cause);
  rewrite_value_strings(ctx_, rewrite);
}

}  // namespace gvm
