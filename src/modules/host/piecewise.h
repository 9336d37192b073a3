#pragma once
// Host functions that pass the bytes of a string once, in pieces, so that a long one does not hold
// the lane.
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/size.h"
#include "host/arguments.h"
#include "script/script.h"

namespace gvm::host {

// `Task` is made of the whole text. Its `bool take(piece, is_last)` says whether to go on,
// `Result<Value> finish()` what came of it, `bytes()` what it holds. Every piece but the last is
// kPiece long: a multiple of what encoders and hashes take at once (3, 4 and 136 bytes).
inline constexpr std::size_t kPiece = 408 * kKiB;

template <class Task>
class Piecewise : public script::HostFunction::Work {
 public:
  Piecewise(Args args, std::string_view text) : args_(std::move(args)), rest_(text), task_(text) {}

  bool step() override {
    const std::string_view piece = rest_.substr(0, kPiece);
    rest_.remove_prefix(piece.size());
    return task_.take(piece, rest_.empty()) && !rest_.empty();
  }
  Result<Value> finish() override { return task_.finish(); }
  std::size_t bytes() const override { return task_.bytes(); }

 private:
  Args args_;  // holds the text when that was a number
  std::string_view rest_;
  Task task_;
};

// A row's implementation: `Task` on the function's first argument.
template <class Task>
script::HostFunction::Sliced piecewise(std::string_view function, std::string_view argument) {
  return [=](script::Session&, Args args) -> Result<std::unique_ptr<script::HostFunction::Work>> {
    const auto text = Arguments(function, args).bytes(0, argument);
    if (!text) return fail(text.error());
    return std::make_unique<Piecewise<Task>>(std::move(args), *text);
  };
}

}  // namespace gvm::host
