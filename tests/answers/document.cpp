#include "answers/document.h"

#include <array>
#include <set>

#include "base/json.h"
#include "text/json.h"

namespace gvm::answers {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::string_view, 28> kKeys = {
    "title",  "summary", "score",   "tags",     "author",    "id",       "items",
    "price",  "address", "winner",  "approved", "currency",  "comments", "metadata",
    "name",   "age",     "country", "source",   "published", "links",    "confidence",
    "status", "amount",  "reason",  "steps",    "user_id",   "options",  "language"};
constexpr std::array<std::string_view, 32> kWords = {
    "the",   "court", "market", "price", "rose",     "after",  "a",      "report",
    "on",    "new",   "rules",  "and",   "Müller",   "agreed", "with",   "London",
    "today", "which", "说明",   "teams", "deliver",  "fair",   "prices", "to",
    "all",   "three", "cities", "🙂",    "although", "costs",  "remain", "high"};
constexpr std::array<std::string_view, 12> kPieces = {"(see below)",
                                                      "it's",
                                                      "\\\"quoted\\\"",
                                                      "a/b",
                                                      "5\\n6",
                                                      "#1",
                                                      "https://a.example/x?y=1#z",
                                                      "{braces}",
                                                      "[1]",
                                                      "50%",
                                                      "C:\\\\temp",
                                                      "key: value"};

std::string string_content(Random& random, bool with_pieces) {
  std::string out = sentence(random, 1 + random.below(6));
  if (with_pieces && random.one_in(3)) {
    out += ' ';
    out += random.of(kPieces);
  }
  return out;
}

class Writer {
 public:
  Writer(Random& random, const DocumentOptions& options)
      : random_(random), options_(options), pretty_(!random.one_in(3)) {}

  Tokens object() {
    object(1, options_.least_members + random_.below(4));
    return std::move(tokens_);
  }

 private:
  void add(Kind kind, std::string text, std::size_t depth) {
    tokens_.push_back({kind, std::move(text), depth});
  }
  void line(std::size_t depth, std::size_t indent) {
    if (pretty_) add(Kind::space, "\n" + std::string(2 * indent, ' '), depth);
  }

  void object(std::size_t depth, std::size_t members) {
    std::set<std::string_view> used;
    add(Kind::open, "{", depth);
    for (std::size_t i = 0; i < members; ++i) {
      std::string_view key = random_.of(kKeys);
      while (!used.insert(key).second) key = random_.of(kKeys);
      if (i > 0) add(Kind::comma, ",", depth);
      line(depth, depth);
      add(Kind::key, "\"" + std::string(key) + "\"", depth);
      add(Kind::colon, ":", depth);
      if (pretty_) add(Kind::space, " ", depth);
      value(depth);
    }
    line(depth, depth - 1);
    add(Kind::close, "}", depth);
  }

  void array(std::size_t depth, std::size_t items) {
    const auto kind = random_.below(3);
    add(Kind::open, "[", depth);
    for (std::size_t i = 0; i < items; ++i) {
      if (i > 0) add(Kind::comma, ",", depth);
      line(depth, depth);
      if (kind == 0 && depth < 4) {
        object(depth + 1, 1 + random_.below(3));
      } else {
        scalar(depth, kind == 1 ? 0 : 3);
      }
    }
    line(depth, depth - 1);
    add(Kind::close, "]", depth);
  }

  void value(std::size_t depth) {
    const auto choice = options_.nested && depth < 4 ? random_.below(7) : 2 + random_.below(5);
    if (choice == 0) return object(depth + 1, 1 + random_.below(3));
    if (choice == 1) return array(depth + 1, 1 + random_.below(4));
    scalar(depth, choice);
  }

  void scalar(std::size_t depth, std::size_t choice) {
    switch (choice) {
      case 0:
        return add(Kind::number, std::to_string(random_.below(100'000)), depth);
      case 2: {
        const std::string whole = std::to_string(random_.below(1000));
        return add(Kind::number, whole + "." + std::to_string(1 + random_.below(9)), depth);
      }
      case 4: {
        static constexpr std::array<std::string_view, 3> kLiterals = {"true", "false", "null"};
        return add(Kind::literal, std::string(random_.of(kLiterals)), depth);
      }
      default:
        add(Kind::string, '"' + string_content(random_, options_.quotes_in_strings) + '"', depth);
    }
  }

  Random& random_;
  DocumentOptions options_;
  bool pretty_;
  Tokens tokens_;
};

std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) at += json[at] == '\\' ? 1 : 0;
  return at + 1;
}

Token next_token(std::string_view json, std::size_t at) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const char c = json[at];
  if (c == '{' || c == '[') return {Kind::open, std::string(1, c)};
  if (c == '}' || c == ']') return {Kind::close, std::string(1, c)};
  if (c == ',') return {Kind::comma, ","};
  if (c == ':') return {Kind::colon, ":"};
  if (c == '"') {
    const auto end = end_of_string(json, at);
    const auto next = json.find_first_not_of(kSpace, end);
    const bool key = next != std::string_view::npos && json[next] == ':';
    return {key ? Kind::key : Kind::string, std::string(json.substr(at, end - at))};
  }
  const bool space = kSpace.contains(c);
  const auto end =
      space ? json.find_first_not_of(kSpace, at) : json.find_first_of(" \t\r\n,:{}[]\"", at);
  const auto text = std::string(json.substr(at, std::min(end, json.size()) - at));
  if (space) return {Kind::space, text};
  return {c >= 'a' ? Kind::literal : Kind::number, text};
}

}  // namespace

std::string sentence(Random& random, std::size_t words) {
  std::string out;
  for (std::size_t i = 0; i < words; ++i) {
    if (i > 0) out += random.one_in(8) ? ", " : " ";
    out += random.of(kWords);
  }
  return out;
}

std::string text_of(const Tokens& tokens) {
  std::string out;
  for (const auto& token : tokens) out += token.text;
  return out;
}

Document random_document(Random& random, const DocumentOptions& options) {
  Document document{Writer(random, options).object(), Value::null()};
  document.value = *text::parse_json(text_of(document.tokens));
  return document;
}

Tokens tokens_of(std::string_view json) {
  Tokens tokens;
  std::size_t depth = 0;
  for (std::size_t at = 0; at < json.size();) {
    auto token = next_token(json, at);
    at += token.text.size();
    if (token.kind == Kind::open) ++depth;
    token.depth = depth;
    if (token.kind == Kind::close) --depth;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<std::size_t> places(const Tokens& tokens, Token::Kind kind) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == kind) out.push_back(i);
  }
  return out;
}

std::string_view content_of(const Token& token) {
  return std::string_view(token.text).substr(1, token.text.size() - 2);
}

}  // namespace gvm::answers
