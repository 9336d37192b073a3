#pragma once
// Random JSON documents as models write them, kept as tokens, so that a mutator can break one at a
// place it knows.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"

namespace gvm::answers {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return engine_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  const auto& of(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937 engine_;
};

struct Token {
  enum class Kind { open, close, comma, colon, key, string, number, literal, space };
  Kind kind;
  std::string text;
  std::size_t depth = 0;  // of the container it belongs to; the outermost is 1
};
using Tokens = std::vector<Token>;

// The quotes that strings and keys are written with.
struct Quotes {
  std::string_view opening = "\"";
  std::string_view closing = "\"";
};

struct Document {
  Tokens tokens;
  Value value;
};

struct DocumentOptions {
  bool nested = true;
  bool quotes_in_strings = true;  // strings may hold quotes, apostrophes and brackets
  std::size_t least_members = 2;
};

// An object of a few members with distinct names.
Document random_document(Random& random, const DocumentOptions& options = {});
// The tokens of existing JSON text, which is valid.
Tokens tokens_of(std::string_view json);

std::string text_of(const Tokens& tokens);
// Positions of the tokens of one kind.
std::vector<std::size_t> places(const Tokens& tokens, Token::Kind kind);
// The content of a string or key token, as it is written between its quotes.
std::string_view content_of(const Token& token);
std::string sentence(Random& random, std::size_t words);

}  // namespace gvm::answers
