// Damage to real JSON, the recorded provider answers in tests/data/usage, by mutators that work on
// tokens and bytes and know nothing of models. The reader is not tuned on what these find.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "answers/corpus.h"
#include "base/json.h"
#include "support/paths.h"
#include "text/json.h"

namespace gvm::answers {
namespace {

constexpr std::size_t kLargestDocument = 2000;  // bytes

void collect_objects(const Value& value, std::vector<std::string>& out) {
  if (const auto* items = value.as_array()) {
    for (const auto& item : *items) collect_objects(item, out);
    return;
  }
  const auto* members = value.as_map();
  if (members == nullptr) return;
  auto text = json::write(value);
  if (members->size() > 1 && text.size() <= kLargestDocument) out.push_back(std::move(text));
  for (const auto& [key, member] : *members) collect_objects(member, out);
}

std::vector<std::string> real_objects() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_dir() + "/tests/data/usage")) {
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> out;
  for (const auto& path : files) {
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (const auto value = text::parse_json(text)) collect_objects(*value, out);
  }
  return out;
}

const std::string& real_object(Random& random) {
  static const std::vector<std::string> kObjects = real_objects();
  return random.of(kObjects);
}

BrokenAnswer against(const std::string& original, std::string text) {
  // As the reader does, 1e30 is an integer.
  constexpr text::JsonLimits kExact{.numbers = text::Numbers::exact};
  const auto copy = text::JsonStrings::copy;
  if (auto valid = text::parse_json(text, copy, kExact))
    return {std::move(text), std::move(*valid)};
  return {std::move(text), *text::parse_json(original, copy, kExact)};
}

// A mutation of the tokens of a real object.
template <class F>
BrokenAnswer token_mutation(Random& random, F&& mutate) {
  const auto& original = real_object(random);
  auto tokens = tokens_of(original);
  mutate(tokens);
  return against(original, text_of(tokens));
}

BrokenAnswer token_lost(Random& random) {
  return token_mutation(random, [&](Tokens& tokens) {
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(random.below(tokens.size())));
  });
}
BrokenAnswer token_doubled(Random& random) {
  return token_mutation(random, [&](Tokens& tokens) {
    const auto i = random.below(tokens.size());
    const Token copy = tokens[i];
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(i), copy);
  });
}
BrokenAnswer tokens_exchanged(Random& random) {
  return token_mutation(random, [&](Tokens& tokens) {
    const auto i = random.below(tokens.size() - 1);
    std::swap(tokens[i], tokens[i + 1]);
  });
}
BrokenAnswer token_of_elsewhere(Random& random) {
  return token_mutation(random, [&](Tokens& tokens) {
    const auto i = random.below(tokens.size());
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(i),
                  tokens[random.below(tokens.size())]);
  });
}

// A mutation of the bytes; those of a real object are ASCII for the most part.
template <class F>
BrokenAnswer byte_mutation(Random& random, F&& mutate) {
  const auto& original = real_object(random);
  auto text = original;
  mutate(text);
  return against(original, std::move(text));
}

bool is_structural(char c) {
  return std::string_view("{}[]\",:\\").contains(c);
}
std::size_t structural_place(Random& random, const std::string& text) {
  auto at = random.below(text.size());
  while (!is_structural(text[at])) at = (at + 1) % text.size();
  return at;
}

BrokenAnswer byte_replaced(Random& random) {
  static constexpr std::string_view kBytes = "\"'{}[]:,;.#/\\ \n`=-";
  return byte_mutation(
      random, [&](std::string& text) { text[structural_place(random, text)] = random.of(kBytes); });
}
BrokenAnswer byte_repeated(Random& random) {
  return byte_mutation(random, [&](std::string& text) {
    const auto at = structural_place(random, text);
    text.insert(at, 1, text[at]);
  });
}
BrokenAnswer range_lost_at_structure(Random& random) {
  return byte_mutation(random, [&](std::string& text) {
    // Something remains after the gap: a lost end is a cut, not damage.
    const auto at = std::min(structural_place(random, text), text.size() - 7);
    text.erase(at, 2 + random.below(4));
  });
}
BrokenAnswer line_break_inserted(Random& random) {
  return token_mutation(random, [&](Tokens& tokens) {
    const auto i = random.below(tokens.size());
    tokens[i].text.insert(0, "\n");
  });
}
BrokenAnswer two_bytes_lost(Random& random) {
  return byte_mutation(random, [&](std::string& text) {
    text.erase(structural_place(random, text), 1);
    text.erase(structural_place(random, text), 1);
  });
}

BrokenAnswer head_lost(Random& random) {
  const auto& original = real_object(random);
  return {original.substr(1 + random.below(original.size() - 1)), std::nullopt};
}

BrokenAnswer tail_of_another(Random& random) {
  const auto& a = real_object(random);
  const auto& b = real_object(random);
  auto text = a.substr(0, a.size() / 2) + b.substr(b.size() / 2);
  if (auto valid = text::parse_json(text)) return {std::move(text), std::move(*valid)};
  return {std::move(text), std::nullopt};
}

BrokenAnswer prose_of_two(Random& random) {
  const auto& a = real_object(random);
  const auto& b = real_object(random);
  return {"The first source has " + a + " while the second has " + b + ".",
          a == b ? std::optional(*text::parse_json(a)) : std::nullopt};
}

// What a careful person reads without doubt.
BrokenAnswer indented_by_prose(Random& random) {
  const auto& original = real_object(random);
  return against(original, "Thanks for waiting.\n\n    " + original + "\n\nBest regards");
}
BrokenAnswer in_a_tilde_fence(Random& random) {
  const auto& original = real_object(random);
  return against(original, "Please find it attached.\n~~~json\n" + original + "\n~~~\n");
}
BrokenAnswer comma_before_the_end(Random& random) {
  const auto& original = real_object(random);
  return against(original, original.substr(0, original.size() - 1) + ",\n}");
}
BrokenAnswer spaced_out(Random& random) {
  auto tokens = tokens_of(real_object(random));
  const auto original = text_of(tokens);
  std::string text;
  for (const auto& token : tokens) text += token.text + " \t\u00A0";
  return against(original, text);
}
BrokenAnswer members_on_lines_without_commas(Random& random) {
  const auto& original = real_object(random);
  auto tokens = tokens_of(original);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i].kind == Token::Kind::comma && tokens[i + 1].kind == Token::Kind::key) {
      tokens[i].text = "\n";
    }
  }
  return against(original, text_of(tokens));
}
BrokenAnswer thought_about(Random& random) {
  const auto& original = real_object(random);
  return against(original,
                 "<think>\n" + real_object(random) + "?\n</think>\n\n```\n" + original + "\n```");
}

}  // namespace

std::vector<BrokenKind> held_out() {
  return {{"a token lost", false, token_lost},
          {"a token doubled", false, token_doubled},
          {"two tokens exchanged", false, tokens_exchanged},
          {"a token of elsewhere inserted", false, token_of_elsewhere},
          {"a structural byte replaced", false, byte_replaced},
          {"a structural byte repeated", false, byte_repeated},
          {"a few bytes lost", false, range_lost_at_structure},
          {"a line break inserted", false, line_break_inserted},
          {"two structural bytes lost", false, two_bytes_lost},
          {"the head lost", false, head_lost},
          {"the tail of another object", false, tail_of_another},
          {"two objects in a sentence", false, prose_of_two},
          {"between greetings", true, indented_by_prose},
          {"in a tilde fence", true, in_a_tilde_fence},
          {"a comma before the end", true, comma_before_the_end},
          {"spaces of many kinds", true, spaced_out},
          {"line breaks for commas", true, members_on_lines_without_commas},
          {"behind a thought", true, thought_about}};
}

}  // namespace gvm::answers
