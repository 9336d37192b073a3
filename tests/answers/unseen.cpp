// The last held-out family: damage by chance to bytes of reports, tables and long texts. Nothing in
// the reader was changed after these kinds were written.
#include <algorithm>
#include <array>

#include "answers/corpus.h"
#include "base/json.h"
#include "text/json.h"

namespace gvm::answers {
namespace {

Value table(Random& random) {
  Value::Array rows;
  for (auto n = 2 + random.below(3); n > 0; --n) {
    Value::Array row;
    for (auto cells = 2 + random.below(3); cells > 0; --cells)
      row.push_back(Value::integer(static_cast<std::int64_t>(random.below(5000)) - 1000));
    rows.push_back(Value::array(std::move(row)));
  }
  return Value::array(std::move(rows));
}

Value report(Random& random) {
  constexpr std::array<std::string_view, 4> kStates = {"open", "closed", "in dispute", "n/a"};
  Value out =
      Value::fields("title", Value::string(sentence(random, 2 + random.below(4))), "summary",
                    Value::string(sentence(random, 8 + random.below(25)) + ", and so on: (1) " +
                                  sentence(random, 3) + "; (2) " + sentence(random, 4)),
                    "table", table(random), "state", Value::string(std::string(random.of(kStates))),
                    "final", Value::boolean(random.one_in(2)));
  if (random.one_in(2))
    out.as_map()->set("next", Value::fields("id", Value::integer(std::int64_t{7}), "due",
                                            Value::string("2025-11-30T10:00:00Z")));
  return out;
}

// With ", " and ": ", as Python writes it.
std::string spaced(const Value& value) {
  std::string out;
  for (const auto& token : tokens_of(json::write(value))) {
    out += token.text;
    if (token.kind == Token::Kind::comma || token.kind == Token::Kind::colon) out += ' ';
  }
  return out;
}

struct Written {
  Value value;
  std::string text;
};
Written written(Random& random) {
  Value value = report(random);
  std::string text = random.one_in(2) ? spaced(value) : json::write(value);
  return {std::move(value), std::move(text)};
}

template <class F>
BrokenAnswer by_chance(Random& random, F&& damage) {
  auto [value, text] = written(random);
  damage(text);
  if (auto valid = text::parse_json(text)) return {std::move(text), std::move(*valid)};
  return {std::move(text), std::move(value)};
}

char printable(Random& random) {
  return static_cast<char>(' ' + random.below(95));
}

BrokenAnswer byte_becomes_another(Random& random) {
  return by_chance(random,
                   [&](std::string& text) { text[random.below(text.size())] = printable(random); });
}
BrokenAnswer byte_slips_in(Random& random) {
  return by_chance(random, [&](std::string& text) {
    text.insert(random.below(text.size()), 1, printable(random));
  });
}
BrokenAnswer byte_goes(Random& random) {
  return by_chance(random, [&](std::string& text) { text.erase(random.below(text.size()), 1); });
}
BrokenAnswer neighbours_swap(Random& random) {
  return by_chance(random, [&](std::string& text) {
    const auto at = random.below(text.size() - 1);
    std::swap(text[at], text[at + 1]);
  });
}
BrokenAnswer stretch_reversed(Random& random) {
  return by_chance(random, [&](std::string& text) {
    const auto at = random.below(text.size() - 6);
    const auto from = text.begin() + static_cast<std::ptrdiff_t>(at);
    std::reverse(from, from + static_cast<std::ptrdiff_t>(2 + random.below(5)));
  });
}
BrokenAnswer stretch_moved(Random& random) {
  return by_chance(random, [&](std::string& text) {
    const auto at = random.below(text.size() - 9);
    const std::string moved = text.substr(at, 8);
    text.erase(at, 8);
    text.insert(random.below(text.size()), moved);
  });
}
BrokenAnswer stretch_of_another(Random& random) {
  const auto other = written(random).text;
  return by_chance(random, [&](std::string& text) {
    const auto at = random.below(std::min(text.size(), other.size()) - 9);
    text.replace(at, 8, other.substr(at, 8));
  });
}
BrokenAnswer two_bytes_become_others(Random& random) {
  return by_chance(random, [&](std::string& text) {
    for (int i = 0; i < 2; ++i) text[random.below(text.size())] = printable(random);
  });
}
BrokenAnswer in_capitals(Random& random) {
  const auto from = written(random);
  std::string text = from.text;
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  // "TRUE" is read; the names are what they are.
  std::string fixed = text;
  for (const auto& [written_as, meant] : {std::pair{"TRUE", "true"}, std::pair{"FALSE", "false"}}) {
    for (auto at = fixed.find(written_as); at != std::string::npos; at = fixed.find(written_as, at))
      fixed.replace(at, std::string_view(written_as).size(), meant);
  }
  auto value = text::parse_json(fixed);
  return {std::move(text), value ? std::optional(std::move(*value)) : std::nullopt};
}
BrokenAnswer two_reports_compared(Random& random) {
  const auto a = written(random);
  const auto b = written(random);
  return {"| old | new |\n|---|---|\n| " + a.text + " | " + b.text + " |\n", std::nullopt};
}

// Without doubt.
BrokenAnswer labelled(Random& random) {
  const auto from = written(random);
  return {"json\n" + from.text + "\n", from.value};
}
BrokenAnswer before_a_list(Random& random) {
  const auto from = written(random);
  return {from.text + "\n\nNotes:\n- The table is in thousands.\n- Dates are in UTC.\n",
          from.value};
}
BrokenAnswer after_a_thought(Random& random) {
  const auto from = written(random);
  return {"<thinking>\n" + sentence(random, 12) + "\n</thinking>\n" + from.text, from.value};
}
BrokenAnswer keys_in_single_quotes(Random& random) {
  const auto from = written(random);
  std::string text;
  for (auto token : tokens_of(from.text)) {
    if (token.kind == Token::Kind::key) token.text = "'" + std::string(content_of(token)) + "'";
    text += token.text;
  }
  return {std::move(text), from.value};
}

}  // namespace

std::vector<BrokenKind> unseen() {
  return {{"a byte becomes another", false, byte_becomes_another},
          {"a byte slips in", false, byte_slips_in},
          {"a byte goes", false, byte_goes},
          {"neighbours swap", false, neighbours_swap},
          {"a stretch reversed", false, stretch_reversed},
          {"a stretch moved", false, stretch_moved},
          {"a stretch of another", false, stretch_of_another},
          {"two bytes become others", false, two_bytes_become_others},
          {"in capitals", false, in_capitals},
          {"two reports compared", false, two_reports_compared},
          {"labelled", true, labelled},
          {"before a list", true, before_a_list},
          {"after a thought", true, after_a_thought},
          {"keys in single quotes", true, keys_in_single_quotes}};
}

}  // namespace gvm::answers
