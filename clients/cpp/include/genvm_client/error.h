#pragma once
// The errors of the client. All are genvm::Error; wrong arguments are std::invalid_argument.
// - The module answered: UserError, FatalError, BudgetExhausted.
// - No answer: ConnectError (nothing was sent), ConnectionLost, DeadlineExceeded.
// - What arrived is not what a module sends: ProtocolError, CalldataError.
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "genvm_client/value.h"

namespace genvm {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The module answered with an error.
class ModuleError : public Error {
 public:
  ModuleError(const std::string& what, std::vector<std::string> causes, Value ctx)
      : Error(what), causes_(std::move(causes)), ctx_(std::move(ctx)) {}

  const std::vector<std::string>& causes() const { return causes_; }
  // The first cause, the stable code that hosts match on; empty when there is none.
  std::string code() const { return causes_.empty() ? std::string() : causes_.front(); }
  const Value& ctx() const { return ctx_; }  // a map
  // The sentence for a person; empty when the module sent none.
  std::string detail() const {
    const Value* detail = ctx_.find("detail");
    return detail != nullptr && detail->is_string() ? detail->as_string() : std::string();
  }

 private:
  std::vector<std::string> causes_;
  Value ctx_;
};

// An error that a contract may catch: a forbidden URL, a page that does not load.
class UserError : public ModuleError {
 public:
  UserError(std::vector<std::string> causes, Value ctx)
      : ModuleError(causes.empty() ? std::string() : causes.front(), causes, std::move(ctx)) {}
};

// An error that a contract may not catch. what() is the text as the module sent it. When it is in
// neither of the two known forms, readable() is false, and causes and ctx are empty.
class FatalError : public ModuleError {
 public:
  FatalError(const std::string& text, std::vector<std::string> causes, Value ctx, bool readable)
      : ModuleError(text, std::move(causes), std::move(ctx)), readable_(readable) {}

  bool readable() const { return readable_; }

 private:
  bool readable_;
};

// The module's script ended the prompt for lack of budget: an Ok answer without data and
// 2^256 - 1 gen consumed.
class BudgetExhausted : public ModuleError {
 public:
  BudgetExhausted()
      : ModuleError("the budget of this execution is used up", {"INSUFFICIENT_EXECUTION_BUDGET"},
                    Value::map()) {}
};

// There is no answer.
class TransportError : public Error {
 public:
  TransportError(const std::string& what, bool maybe_executed)
      : Error(what), maybe_executed_(maybe_executed) {}

  // The module may have received the request, so asking again may cost twice.
  bool maybe_executed() const { return maybe_executed_; }

 private:
  bool maybe_executed_;
};

// No session could be opened.
class ConnectError : public TransportError {
 public:
  explicit ConnectError(const std::string& what) : TransportError(what, false) {}
};

// The server's certificate is not to be trusted. Trying again is useless.
class UntrustedError : public ConnectError {
 public:
  using ConnectError::ConnectError;
};

// The connection ended before the whole answer had arrived. A part of it is never delivered.
class ConnectionLost : public TransportError {
 public:
  explicit ConnectionLost(const std::string& what) : TransportError(what, true) {}
};

// No answer within the time allowed. The connection is closed, so that a late answer cannot become
// another request's.
class DeadlineExceeded : public TransportError {
 public:
  using TransportError::TransportError;
};

// What arrived is not what a module sends. The connection is closed; nothing of it is used.
class ProtocolError : public TransportError {
 public:
  explicit ProtocolError(const std::string& what) : TransportError(what, true) {}
};

// Bytes that are not canonical calldata, or a value that calldata cannot carry.
class CalldataError : public Error {
 public:
  CalldataError(const std::string& what, std::size_t offset)
      : Error(what + " (byte " + std::to_string(offset) + ")"), offset_(offset) {}

  std::size_t offset() const { return offset_; }  // of the fault

 private:
  std::size_t offset_;
};

}  // namespace genvm
