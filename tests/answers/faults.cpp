// Damage that has more than one reading, or a reading that a reader easily misses.
#include <algorithm>
#include <array>

#include "answers/corpus.h"
#include "text/json.h"

namespace gvm::answers {
namespace {

using Kind = Token::Kind;

// What is valid JSON after all says what it says.
BrokenAnswer damaged(const Document& document, std::string text) {
  if (auto valid = text::parse_json(text)) return {std::move(text), std::move(*valid)};
  return {std::move(text), document.value};
}
BrokenAnswer unreadable(std::string text) {
  return {std::move(text), std::nullopt};
}

BrokenAnswer two_objects(Random& random) {
  static constexpr std::array<std::string_view, 5> kBetween = {"\n", "\nCorrection:\n", " or ",
                                                               "\n\nFinal answer:\n", ""};
  const auto a = random_document(random);
  const auto b = random_document(random);
  return unreadable(text_of(a.tokens) + std::string(random.of(kBetween)) + text_of(b.tokens));
}

BrokenAnswer quoted_in_prose(Random& random) {
  const auto d = random_document(random);
  auto json = text_of(d.tokens);
  if (random.one_in(2)) {
    std::string escaped;
    for (const char c : json) escaped += (c == '"' ? "\\" : "") + std::string(1, c);
    json = std::move(escaped);
  }
  static constexpr std::array<std::string_view, 3> kLead = {
      "I cannot do that. The page says \"", "Verdict: false. The leader wrote \"", "They said: '"};
  const auto lead = random.of(kLead);
  return unreadable(std::string(lead) + json + std::string(1, lead.back()));
}

BrokenAnswer no_opening_brace(Random& random) {
  const auto d = random_document(random);
  const auto text = text_of(d.tokens);
  return damaged(d, text.substr(1));
}

BrokenAnswer object_in_a_member_without_brace(Random& random) {
  const auto d = random_document(random);
  std::string escaped;
  for (const char c : text_of(d.tokens)) {
    if (c == '\n') continue;
    escaped += (c == '"' ? "\\" : "") + std::string(1, c);
  }
  return unreadable("\"result\": false, \"reason\": \"the leader wrote " + escaped + "\"}");
}

BrokenAnswer lost_character(Random& random) {
  const auto d = random_document(random);
  auto text = text_of(d.tokens);
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("\"{}[],:").contains(text[i])) at.push_back(i);
  }
  text.erase(random.of(at), 1);
  return damaged(d, text);
}

BrokenAnswer lost_quote(Random& random) {
  auto d = random_document(random);
  auto at = places(d.tokens, Kind::string);
  if (at.empty()) return lost_quote(random);
  auto& token = d.tokens[random.of(at)];
  token.text.erase(random.one_in(2) ? 0 : token.text.size() - 1, 1);
  return damaged(d, text_of(d.tokens));
}

BrokenAnswer lost_closer(Random& random) {
  auto d = random_document(random, {.least_members = 3});
  d.tokens[random.of(places(d.tokens, Kind::close))].text.clear();
  return damaged(d, text_of(d.tokens));
}

BrokenAnswer swapped(Random& random) {
  const auto d = random_document(random);
  auto text = text_of(d.tokens);
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (std::string_view("\"{}[],:").contains(text[i])) at.push_back(i);
  }
  const auto i = random.of(at);
  std::swap(text[i], text[i + 1]);
  return damaged(d, text);
}

BrokenAnswer inserted(Random& random) {
  const auto d = random_document(random);
  auto text = text_of(d.tokens);
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("\"{}[],:").contains(text[i])) at.push_back(i);
  }
  static constexpr std::string_view kInserted = "\"{}[],:";
  text.insert(random.of(at), 1, random.of(kInserted));
  return damaged(d, text);
}

BrokenAnswer different_duplicates(Random& random) {
  auto d = random_document(random, {.nested = false});
  const auto keys = places(d.tokens, Kind::key);
  const auto text = text_of(d.tokens);
  return unreadable(text.substr(0, text.find_last_not_of(" \n}") + 1) + "," +
                    d.tokens[keys[0]].text + ": \"something else\"}");
}

BrokenAnswer verdict_beside(Random& random) {
  static constexpr std::array<std::string_view, 6> kSaid = {
      "\nVerdict: false",         "\nActually, the second field is wrong.",
      "\nresult = true",          "\nThe answer is no: \"approved\": false",
      "\n\nFinal verdict: true.", "\nscore: 17"};
  const auto d = random_document(random);
  const auto said = std::string(random.of(kSaid));
  const auto json = text_of(d.tokens);
  return unreadable(random.one_in(2) ? json + said : said.substr(1) + "\n" + json);
}

BrokenAnswer more_json_behind(Random& random) {
  static constexpr std::array<std::string_view, 7> kMore = {
      "[1,2,3]", "\n[\"a\"]", ", \"x\": 1", "\n \"meta\": 988463", "\n42", "\n\"and more\"", "[]"};
  const auto d = random_document(random);
  return unreadable(text_of(d.tokens) + std::string(random.of(kMore)));
}

BrokenAnswer closed_too_early(Random& random) {
  auto d = random_document(random, {.least_members = 3});
  std::vector<std::size_t> at;
  for (const auto i : places(d.tokens, Kind::comma)) {
    if (d.tokens[i].depth == 1) at.push_back(i);
  }
  d.tokens[random.of(at)].text.insert(0, "}");
  return damaged(d, text_of(d.tokens));
}

BrokenAnswer string_swallows_closers(Random& random) {
  auto d = random_document(random);
  auto text = text_of(d.tokens);
  text = text.substr(0, text.size() - 1) + ",\"end\":\"" + sentence(random, 3) + "}";
  if (random.one_in(2)) text = "```json\n" + text + "\n```";
  return unreadable(text);
}

BrokenAnswer closer_in_a_string(Random& random) {
  const auto d = random_document(random);
  const auto text = text_of(d.tokens);
  return unreadable(text.substr(0, text.size() - 1) + R"(,"code":"x"}"})");
}

BrokenAnswer elided(Random& random) {
  auto d = random_document(random);
  auto& comma = d.tokens[random.of(places(d.tokens, Kind::comma))];
  static constexpr std::array<std::string_view, 3> kElided = {", ...,", ",\n...\n", ", …,"};
  comma.text = random.of(kElided);
  return unreadable(text_of(d.tokens));
}

BrokenAnswer two_quotes_lost(Random& random) {
  auto d = random_document(random, {.least_members = 4});
  for (int n = 0; n < 2; ++n) {
    auto text = text_of(d.tokens);
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < d.tokens.size(); ++i) {
      const auto kind = d.tokens[i].kind;
      if ((kind == Kind::key || kind == Kind::string) && d.tokens[i].text.size() > 1)
        at.push_back(i);
    }
    auto& token = d.tokens[random.of(at)];
    token.text.erase(random.one_in(2) ? 0 : token.text.size() - 1, 1);
  }
  return damaged(d, text_of(d.tokens));
}

BrokenAnswer unescaped_passage(Random& random) {
  static constexpr std::array<std::string_view, 5> kPassages = {
      R"(he said "yes", and left)", R"(see {"a": "b"} there)", R"(["x", "y"])",
      R"(a "b": "c", "d")", R"("first", "second")"};
  auto d = random_document(random, {.quotes_in_strings = false});
  const std::string passage(random.of(kPassages));
  d.tokens.insert(d.tokens.begin() + 1, {{Kind::key, "\"passage\"", 1},
                                         {Kind::colon, ":", 1},
                                         {Kind::string, '"' + passage + '"', 1},
                                         {Kind::comma, ",", 1}});
  d.value.as_map()->set("passage", Value::string(passage));
  return damaged(d, text_of(d.tokens));
}

}  // namespace

std::vector<BrokenKind> faults() {
  return {{"two objects", false, two_objects},
          {"an object quoted in prose", false, quoted_in_prose},
          {"no opening brace", false, no_opening_brace},
          {"a quoted object in members without brace", false, object_in_a_member_without_brace},
          {"a lost structural character", false, lost_character},
          {"a lost quote", false, lost_quote},
          {"a lost closing bracket", false, lost_closer},
          {"two characters swapped", false, swapped},
          {"a structural character inserted", false, inserted},
          {"different duplicates", false, different_duplicates},
          {"a statement beside the object", false, verdict_beside},
          {"more JSON behind", false, more_json_behind},
          {"an object closed too early", false, closed_too_early},
          {"a string that swallows the closers", false, string_swallows_closers},
          {"a closing brace in a string", false, closer_in_a_string},
          {"elisions", false, elided},
          {"two quotes lost", false, two_quotes_lost},
          {"an unescaped passage", false, unescaped_passage}};
}

}  // namespace gvm::answers
