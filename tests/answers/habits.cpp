// Deviations from JSON in models' answers that nobody misunderstands.
#include <array>

#include "answers/corpus.h"

namespace gvm::answers {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::string_view, 10> kBefore = {
    "Here is the result:\n",
    "Sure! ",
    "Here's the JSON you asked for:\n\n",
    "Based on the article, I extracted the following data.\n",
    "**Answer:**\n",
    "Of course. The object below has all fields:\n",
    "Voici le résultat :\n",
    "好的，以下是结果：\n",
    "Certainly, happy to help!\n\n",
    "As described in [the docs](https://x.example), the data is:\n"};
constexpr std::array<std::string_view, 7> kAfter = {"\nLet me know if you need anything else!",
                                                    "\n\nI hope this helps.",
                                                    "\n\nThe fields follow your instructions.",
                                                    "",
                                                    "\n",
                                                    "\n---",
                                                    "\nFeel free to ask for changes (I am here)."};
constexpr std::array<std::string_view, 6> kFences = {"```json\n",  "```\n", "```JSON\n",
                                                     "```json5\n", "~~~\n", "````json\n"};

std::string fenced(Random& random, const std::string& json) {
  const std::string_view fence = random.of(kFences);
  const auto marks = fence.substr(0, fence.find_first_not_of(fence[0]));
  return std::string(fence) + json + "\n" + std::string(marks);
}

BrokenAnswer of(const Document& document, std::string text) {
  return {std::move(text), document.value};
}

BrokenAnswer in_fence(Random& random) {
  const auto d = random_document(random);
  return of(d, fenced(random, text_of(d.tokens)));
}

BrokenAnswer in_prose(Random& random) {
  const auto d = random_document(random);
  const auto json = text_of(d.tokens);
  return of(d, std::string(random.of(kBefore)) + (random.one_in(2) ? json : fenced(random, json)) +
                   std::string(random.of(kAfter)));
}

// Writes `text` behind every token `matches` chooses.
template <class F>
std::string with_each(const Tokens& tokens, F&& rewrite) {
  std::string out;
  for (std::size_t i = 0; i < tokens.size(); ++i) out += rewrite(i);
  return out;
}

BrokenAnswer trailing_commas(Random& random) {
  const auto d = random_document(random);
  return of(d, with_each(d.tokens, [&](std::size_t i) {
              const auto& token = d.tokens[i];
              return token.kind == Kind::close && !random.one_in(3) ? "," + token.text : token.text;
            }));
}

BrokenAnswer doubled_comma(Random& random) {
  auto d = random_document(random);
  auto& comma = d.tokens[random.of(places(d.tokens, Kind::comma))];
  comma.text = random.one_in(2) ? ",," : ", ,";
  return of(d, text_of(d.tokens));
}

BrokenAnswer quoted_otherwise(Random& random, const std::vector<Quotes>& kinds) {
  const auto d = random_document(random, {.quotes_in_strings = false});
  const auto& quotes = random.of(kinds);
  return of(d, with_each(d.tokens, [&](std::size_t i) {
              const auto& token = d.tokens[i];
              if (token.kind != Kind::key && token.kind != Kind::string) return token.text;
              return std::string(quotes.opening) + std::string(content_of(token)) +
                     std::string(quotes.closing);
            }));
}

BrokenAnswer single_quotes(Random& random) {
  return quoted_otherwise(random, {{"'", "'"}});
}
BrokenAnswer curly_quotes(Random& random) {
  return quoted_otherwise(random, {{"\u201C", "\u201D"}, {"\u2018", "\u2019"}});
}
BrokenAnswer full_width_quotes(Random& random) {
  return quoted_otherwise(random, {{"\uFF02", "\uFF02"}});
}

BrokenAnswer python_literals(Random& random) {
  const auto d = random_document(random, {.quotes_in_strings = false, .least_members = 3});
  const bool single = random.one_in(2);
  return of(d, with_each(d.tokens, [&](std::size_t i) -> std::string {
              const auto& token = d.tokens[i];
              if (token.text == "true") return "True";
              if (token.text == "false") return "False";
              if (token.text == "null") return "None";
              const bool quoted = token.kind == Kind::key || token.kind == Kind::string;
              return single && quoted ? "'" + std::string(content_of(token)) + "'" : token.text;
            }));
}

BrokenAnswer unquoted_keys(Random& random) {
  const auto d = random_document(random);
  return of(d, with_each(d.tokens, [&](std::size_t i) {
              const auto& token = d.tokens[i];
              return token.kind == Kind::key ? std::string(content_of(token)) : token.text;
            }));
}

BrokenAnswer comments(Random& random) {
  static constexpr std::array<std::string_view, 8> kComments = {
      " // as asked\n",         " # from the page\n",   " /* checked */ ",
      " // the \"best\" one\n", " /* \"why\" */ ",      " # it's the author's own\n",
      "\n// note, see above\n", "\n/* two\n lines */\n"};
  const auto d = random_document(random);
  return of(d, with_each(d.tokens, [&](std::size_t i) {
              const auto& token = d.tokens[i];
              const bool here =
                  (token.kind == Kind::comma || token.kind == Kind::open) && random.one_in(2);
              return here ? token.text + std::string(random.of(kComments)) : token.text;
            }));
}

BrokenAnswer missing_comma(Random& random) {
  auto d = random_document(random);
  std::vector<std::size_t> at;
  for (const auto i : places(d.tokens, Kind::comma)) {
    if (d.tokens[i + 1].kind == Kind::space && d.tokens[i + 2].kind == Kind::key) at.push_back(i);
  }
  if (at.empty()) return missing_comma(random);
  d.tokens[random.of(at)].text.clear();
  return of(d, text_of(d.tokens));
}

// All brackets after the last value are missing; after a number a line break shows that it has
// ended.
BrokenAnswer missing_closers(Random& random) {
  auto d = random_document(random);
  bool after_number = false;
  while (d.tokens.back().kind == Kind::close || d.tokens.back().kind == Kind::space) {
    d.tokens.pop_back();
  }
  after_number = d.tokens.back().kind == Kind::number;
  auto text = text_of(d.tokens) + (after_number ? "\n" : "");
  if (random.one_in(3)) text = "```json\n" + text + "\n```";
  return of(d, text);
}

BrokenAnswer missing_last_brace(Random& random) {
  auto d = random_document(random, {.nested = false});
  d.tokens.pop_back();
  if (d.tokens.back().kind == Kind::number) d.tokens.push_back({Kind::space, "\n"});
  return of(d, text_of(d.tokens));
}

BrokenAnswer raw_line_breaks(Random& random) {
  auto d = random_document(random, {.quotes_in_strings = false, .least_members = 3});
  const std::string content = sentence(random, 3) + "\n\n\t" + sentence(random, 2);
  d.tokens.insert(d.tokens.begin() + 1, {{Kind::key, "\"body\"", 1},
                                         {Kind::colon, ":", 1},
                                         {Kind::string, '"' + content + '"', 1},
                                         {Kind::comma, ",", 1}});
  d.value.as_map()->set("body", Value::string(content));
  return of(d, text_of(d.tokens));
}

BrokenAnswer thoughts(Random& random) {
  static constexpr std::array<Quotes, 4> kMarks = {{{"<think>", "</think>"},
                                                    {"<thinking>", "</thinking>"},
                                                    {"[THINK]", "[/THINK]"},
                                                    {"", "\n</think>\n"}}};
  const auto draft = random_document(random);
  const auto d = random_document(random);
  const auto& marks = random.of(kMarks);
  return of(d, std::string(marks.opening) + sentence(random, 4) + ". " + text_of(draft.tokens) +
                   " hm, " + sentence(random, 3) + std::string(marks.closing) +
                   (random.one_in(2) ? "\n" : "") + text_of(d.tokens));
}

BrokenAnswer channels(Random& random) {
  const auto draft = random_document(random);
  const auto d = random_document(random);
  return of(d, "<|channel|>analysis<|message|>" + text_of(draft.tokens) +
                   "<|end|><|start|>assistant<|channel|>final<|message|>" + text_of(d.tokens) +
                   (random.one_in(2) ? "<|return|>" : ""));
}

BrokenAnswer full_width_punctuation(Random& random) {
  const auto d = random_document(random);
  return of(d, with_each(d.tokens, [&](std::size_t i) -> std::string {
              const auto kind = d.tokens[i].kind;
              if (kind == Kind::colon) return "\uFF1A";
              return kind == Kind::comma ? "\uFF0C" : d.tokens[i].text;
            }));
}

BrokenAnswer invisible_characters(Random& random) {
  static constexpr std::array<std::string_view, 5> kInvisible = {"\u200B", "\uFEFF", "\u00A0",
                                                                 "\u2060", "\u3000"};
  const auto d = random_document(random);
  return of(d, std::string(random.of(kInvisible)) + with_each(d.tokens, [&](std::size_t i) {
                 const auto& token = d.tokens[i];
                 const bool here = token.kind == Kind::colon && random.one_in(2);
                 return here ? token.text + std::string(random.of(kInvisible)) : token.text;
               }));
}

BrokenAnswer quoted_words(Random& random) {
  auto d = random_document(random, {.quotes_in_strings = false});
  const auto a = sentence(random, 2);
  const auto b = sentence(random, 1);
  const auto c = sentence(random, 2);
  d.tokens.insert(d.tokens.begin() + 1, {{Kind::key, "\"quote\"", 1},
                                         {Kind::colon, ": ", 1},
                                         {Kind::string, "\"" + a + " \"" + b + "\" " + c + "\"", 1},
                                         {Kind::comma, ",", 1}});
  d.value.as_map()->set("quote", Value::string(a + " \"" + b + "\" " + c));
  return of(d, text_of(d.tokens));
}

BrokenAnswer as_a_string(Random& random) {
  const auto d = random_document(random);
  std::string out = "\"";
  for (const char c : text_of(d.tokens)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return of(d, out + '"');
}

BrokenAnswer odd_numbers(Random& random) {
  auto d = random_document(random, {.nested = false});
  const auto n = std::to_string(1 + random.below(900));
  const std::array<std::pair<std::string, double>, 2> forms = {
      {{"." + n, std::stod("0." + n)}, {"+" + n + ".5", std::stod(n + ".5")}}};
  const auto& [written, value] = random.of(forms);
  d.tokens.insert(d.tokens.begin() + 1, {{Kind::key, "\"rate\"", 1},
                                         {Kind::colon, ":", 1},
                                         {Kind::number, written, 1},
                                         {Kind::comma, ",", 1}});
  d.value.as_map()->set("rate", Value::real(value));
  return of(d, text_of(d.tokens));
}

BrokenAnswer equal_duplicates(Random& random) {
  auto d = random_document(random, {.nested = false});
  Tokens again = {{Kind::comma, ",", 1}};
  for (std::size_t i = 1; i < d.tokens.size() && d.tokens[i].kind != Kind::comma; ++i) {
    again.push_back(d.tokens[i]);
  }
  d.tokens.insert(d.tokens.end() - 1, again.begin(), again.end());
  return of(d, text_of(d.tokens));
}

BrokenAnswer the_same_twice(Random& random) {
  const auto d = random_document(random);
  const auto json = text_of(d.tokens);
  return of(d, json + "\n\nFormatted:\n```json\n" + json + "\n```");
}

// The last value is a sentence that stops.
BrokenAnswer cut_sentence(Random& random) {
  auto d = random_document(random, {.quotes_in_strings = false});
  const auto begun = sentence(random, 5);
  d.tokens.pop_back();
  if (d.tokens.back().kind == Kind::space) d.tokens.pop_back();
  d.value.as_map()->set("ending", Value::string(begun));
  return of(d, text_of(d.tokens) + ",\"ending\": \"" + begun);
}

BrokenAnswer apostrophes_escaped(Random& random) {
  auto d = random_document(random, {.nested = false});
  d.tokens.insert(d.tokens.begin() + 1, {{Kind::key, "\"note\"", 1},
                                         {Kind::colon, ":", 1},
                                         {Kind::string, R"("it\'s fine")", 1},
                                         {Kind::comma, ",", 1}});
  d.value.as_map()->set("note", Value::string("it's fine"));
  return of(d, text_of(d.tokens));
}

}  // namespace

std::vector<BrokenKind> habits() {
  return {{"in a fence", true, in_fence},
          {"in prose", true, in_prose},
          {"trailing commas", true, trailing_commas},
          {"a doubled comma", true, doubled_comma},
          {"single quotes", true, single_quotes},
          {"curly quotes", true, curly_quotes},
          {"full-width quotes", true, full_width_quotes},
          {"Python literals", true, python_literals},
          {"keys without quotes", true, unquoted_keys},
          {"comments", true, comments},
          {"a missing comma at a line's end", true, missing_comma},
          {"no closing brackets", true, missing_closers},
          {"no last brace", true, missing_last_brace},
          {"raw line breaks in a string", true, raw_line_breaks},
          {"reasoning with a draft", true, thoughts},
          {"channels with a draft", true, channels},
          {"full-width punctuation", true, full_width_punctuation},
          {"invisible characters", true, invisible_characters},
          {"unescaped quotes around a word", true, quoted_words},
          {"an object as a string", true, as_a_string},
          {"odd numbers", true, odd_numbers},
          {"equal duplicates", true, equal_duplicates},
          {"the same object twice", true, the_same_twice},
          {"a sentence cut at the end", true, cut_sentence},
          {"escaped apostrophes", true, apostrophes_escaped}};
}

}  // namespace gvm::answers
