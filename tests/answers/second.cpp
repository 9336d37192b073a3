// A second corpus, written from what models answer and not from what the reader does: dialects of
// JSON, wrappings, several fences, statements in other languages, content left out. What was
// misread when it was first tried was mended by mechanism.
#include <array>
#include <utility>

#include "answers/corpus.h"
#include "base/json.h"

namespace gvm::answers {
namespace {

using Kind = Token::Kind;

std::string json_of(const Document& document) {
  return text_of(document.tokens);
}

// Without the last brace and the space in front of it.
std::string without_brace(std::string text) {
  text.resize(text.rfind('}'));
  text.resize(text.find_last_not_of(" \n") + 1);
  return text;
}

// The object with `more` as its last members.
std::string with_end(const Document& document, const std::string& more) {
  return without_brace(json_of(document)) + more + "}";
}

BrokenAnswer refused(std::string text) {
  return {std::move(text), std::nullopt};
}

std::string fenced(std::string_view language, const std::string& text) {
  return "```" + std::string(language) + "\n" + text + "\n```";
}

// As repr() of Python writes it.
std::string python_string(std::string_view json_content) {
  std::string content;
  for (std::size_t i = 0; i < json_content.size(); ++i) {
    if (json_content.substr(i).starts_with("\\\"")) ++i;
    content += json_content[i];
  }
  const bool apostrophe = content.find('\'') != std::string::npos;
  if (apostrophe && content.find('"') == std::string::npos) return '"' + content + '"';
  std::string out = "'";
  for (const char c : content) {
    if (c == '\'') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string python_of(const Document& document) {
  std::string out;
  for (const auto& token : document.tokens) {
    const bool quoted = token.kind == Kind::key || token.kind == Kind::string;
    if (quoted)
      out += python_string(content_of(token));
    else if (token.text == "true")
      out += "True";
    else if (token.text == "false")
      out += "False";
    else if (token.text == "null")
      out += "None";
    else
      out += token.text;
  }
  return out;
}

// Without doubt.

BrokenAnswer a_python_dict(Random& random) {
  const auto d = random_document(random);
  return {python_of(d), d.value};
}

BrokenAnswer json5(Random& random) {
  const auto d = random_document(random, {.quotes_in_strings = false});
  std::string text;
  for (const auto& token : d.tokens) {
    const bool string = token.kind == Kind::string && random.one_in(2);
    if (token.kind == Kind::key)
      text += content_of(token);
    else if (string)
      text += "'" + std::string(content_of(token)) + "'";
    else if (token.kind == Kind::close && token.text == "}")
      text += ",}";
    else
      text += token.text;
    if (token.kind == Kind::comma && random.one_in(4)) text += " // one more\n";
  }
  return {std::move(text), d.value};
}

BrokenAnswer within_xml(Random& random) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTags = {
      {{"<answer>", "</answer>"},
       {"<json>\n", "\n</json>"},
       {"<output><![CDATA[", "]]></output>"},
       {"<?xml version=\"1.0\"?>\n<result>\n", "\n</result>\n"},
       {"<response format='json'>", "</response>"},
       {"<final_answer id=\"1\">", "</final_answer>"}}};
  const auto d = random_document(random);
  const auto& [opening, closing] = random.of(kTags);
  return {std::string(opening) + json_of(d) + std::string(closing), d.value};
}

BrokenAnswer beside_code(Random& random) {
  constexpr std::array<std::string_view, 4> kCode = {
      "```python\nimport json\nn = 7\nprint(json.dumps(record))\n```",
      "```bash\ncurl -s https://x.example/api | jq .\n```",
      "```sql\nSELECT name FROM t WHERE id = 7;\n```", "```sh\nexport KEY=\"x\"\n```"};
  const auto d = random_document(random);
  const auto json = fenced("json", json_of(d));
  const std::string code(random.of(kCode));
  return {random.one_in(2) ? "First run this:\n\n" + code + "\n\nThe record:\n\n" + json
                           : json + "\n\nTo read it:\n\n" + code,
          d.value};
}

BrokenAnswer with_template_tokens(Random& random) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTokens = {
      {{"", "<|im_end|>"},
       {"", "</s>"},
       {"<|assistant|>\n", ""},
       {"[/INST] ", ""},
       {"<start_of_turn>model\n", "<end_of_turn>"}}};
  const auto d = random_document(random);
  const auto& [before, after] = random.of(kTokens);
  return {std::string(before) + json_of(d) + std::string(after), d.value};
}

BrokenAnswer in_javascript(Random& random) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kForms = {
      {{"const data = ", ";"},
       {"module.exports = ", ";"},
       {"return ", ";"},
       {"callback(", ");"},
       {"export default ", ";"}}};
  const auto d = random_document(random);
  const auto& [before, after] = random.of(kForms);
  return {std::string(before) + json_of(d) + std::string(after), d.value};
}

BrokenAnswer json_as_text_within(Random& random) {
  auto d = random_document(random, {.nested = false});
  const auto inner = json_of(random_document(random, {.nested = false}));
  const std::string more = ",\"args\":" + json::write(Value::string(inner));
  d.value.as_map()->set("args", Value::string(inner));
  return {with_end(d, more + ","), d.value};
}

BrokenAnswer apologies_behind(Random& random) {
  constexpr std::array<std::string_view, 6> kBehind = {
      "\n\nI apologize for any confusion.",
      "\n\nMy apologies if some fields are missing from the page.",
      "\n\nPlease verify the amounts before you use them.",
      "\n\nIch hoffe, das hilft!",
      "\n\nEspero que te sirva.",
      "\n\n\u5982\u6709\u9700\u8981\uFF0C\u8BF7\u544A\u8BC9\u6211\u3002"};
  const auto d = random_document(random);
  return {json_of(d) + std::string(random.of(kBehind)), d.value};
}

BrokenAnswer thinking_aloud(Random& random) {
  const auto d = random_document(random);
  return {"Okay, so the user wants a record. First, " + sentence(random, 8) + ". Next, " +
              sentence(random, 5) + ". That should be it.\n\n" + json_of(d),
          d.value};
}

// To be refused, or at least not misread.

struct Statement {
  std::string_view label;
  std::array<std::string_view, 2> words;
};
constexpr std::array<Statement, 14> kStatements = {
    {{"Urteil", {"falsch", "wahr"}},
     {"Verdict", {"faux", "vrai"}},
     {"Respuesta", {"falso", "s\u00ED"}},
     {"Risposta", {"sbagliato", "vero"}},
     {"Resultado", {"falso", "verdadeiro"}},
     {"\u0412\u0435\u0440\u0434\u0438\u043A\u0442",
      {"\u043B\u043E\u0436\u044C", "\u0438\u0441\u0442\u0438\u043D\u0430"}},
     {"\u7ED3\u8BBA", {"\u9519\u8BEF", "\u6B63\u786E"}},
     {"\u5224\u5B9A", {"\u507D", "\u771F"}},
     {"\uD310\uC815", {"\uAC70\uC9D3", "\uCC38"}},
     {"Sonu\u00E7", {"yanl\u0131\u015F", "do\u011Fru"}},
     {"Wynik", {"fa\u0142sz", "prawda"}},
     {"Antwoord", {"onwaar", "waar"}},
     {"\u0627\u0644\u0646\u062A\u064A\u062C\u0629",
      {"\u062E\u0637\u0623", "\u0635\u062D\u064A\u062D"}},
     {"\u0928\u0924\u0940\u091C\u093E",
      {"\u0905\u0938\u0924\u094D\u092F", "\u0938\u0924\u094D\u092F"}}}};

BrokenAnswer statement_in_another_language(Random& random) {
  constexpr std::array<std::string_view, 4> kColons = {": ", "\uFF1A", ":** ", " \u2013 "};
  const auto json = json_of(random_document(random));
  const auto& statement = random.of(kStatements);
  const auto colon = random.of(kColons);
  const std::string said = std::string(colon == ":** " ? "**" : "") + std::string(statement.label) +
                           std::string(colon) + std::string(random.of(statement.words));
  return refused(random.one_in(2) ? said + ".\n\n" + json : json + "\n\n" + said + ".");
}

BrokenAnswer attributed_in_another_language(Random& random) {
  constexpr std::array<std::string_view, 6> kSaid = {
      "Der Anf\u00FChrer schrieb: ",
      "El l\u00EDder escribi\u00F3: ",
      "De leider schreef: ",
      "\u041B\u0438\u0434\u0435\u0440 \u043D\u0430\u043F\u0438\u0441\u0430\u043B: ",
      "\u9886\u5BFC\u8005\u5199\u9053\uFF1A",
      "\u30EA\u30FC\u30C0\u30FC\u304C\u66F8\u3044\u305F\uFF1A"};
  return refused(std::string(random.of(kSaid)) + json_of(random_document(random)));
}

BrokenAnswer taken_back(Random& random) {
  constexpr std::array<std::string_view, 7> kBehind = {
      "Update: the score is 4.",
      "Edit: the name is Ann.",
      "Erratum : total = 17.",
      "Entschuldigung, das war zu viel.",
      "Korrektur: die Summe ist 17.",
      "D\u00E9sol\u00E9, le total est 17.",
      "\u66F4\u6B63\uFF1A\u603B\u6570\u662F17\u3002"};
  return refused(json_of(random_document(random)) + "\n\n" + std::string(random.of(kBehind)));
}

BrokenAnswer rows_left_out(Random& random) {
  constexpr std::array<std::string_view, 6> kLeftOut = {
      ", ...",        ", // ... 40 more\n", " // and so on ...\n",
      ", # \u2026\n", ", /* ... */",        ", \"a\" /* \u2026 */"};
  const auto d = random_document(random);
  return refused(
      with_end(d, ",\"rows\":[{\"n\":1},{\"n\":2}" + std::string(random.of(kLeftOut)) + "]"));
}

BrokenAnswer members_left_out(Random& random) {
  constexpr std::array<std::string_view, 5> kLeftOut = {
      ", ...", ", // ... as before\n", ", /* \u2026 */", ", \u2026", " # ... and the others\n"};
  return refused(with_end(random_document(random), std::string(random.of(kLeftOut))));
}

BrokenAnswer quotes_of_two_kinds(Random& random) {
  constexpr std::array<Quotes, 4> kQuotes = {
      {{"\u201C", "\""}, {"\"", "\u201D"}, {"\u201C", "\u201D"}, {"\"", "\""}}};
  const auto d = random_document(random, {.quotes_in_strings = false});
  std::string text;
  for (const auto& token : d.tokens) {
    if (token.kind != Kind::key && (token.kind != Kind::string || random.one_in(2))) {
      text += token.text;
      continue;
    }
    const auto& quotes = random.of(kQuotes);
    text +=
        std::string(quotes.opening) + std::string(content_of(token)) + std::string(quotes.closing);
  }
  return {std::move(text), d.value};
}

BrokenAnswer one_member_of_yaml(Random& random) {
  const auto json = json::write(random_document(random, {.nested = false}).value);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kAround = {
      {{"title: a report\ndata: ", "\nstatus: open\n"},
       {"data: ", "\nstatus: open\n"},
       {"owner: ann\npay_to: ", ""}}};
  const auto& [before, after] = random.of(kAround);
  return refused(std::string(before) + json + std::string(after));
}

BrokenAnswer values_of_python(Random& random) {
  constexpr std::array<std::string_view, 6> kValues = {"datetime.date(2025, 3, 1)",
                                                       "Decimal('1.50')",
                                                       "<object at 0x7f>",
                                                       "{'a', 'b'}",
                                                       "b'raw'",
                                                       "Color.RED"};
  return refused(without_brace(python_of(random_document(random))) +
                 ", 'when': " + std::string(random.of(kValues)) + "}");
}

BrokenAnswer numbers_with_units(Random& random) {
  constexpr std::array<std::string_view, 12> kNumbers = {"12 USD", "5kg",   "45%",        "$5",
                                                         "1,234",  "12:30", "2025-03-01", "1/2",
                                                         "~20",    "5-10",  "1 000",      "1.2.3"};
  return refused(
      with_end(random_document(random), ",\"amount\":" + std::string(random.of(kNumbers))));
}

BrokenAnswer duplicates_at_depth(Random& random) {
  constexpr std::array<std::string_view, 4> kSecond = {"\"a\"", "\"\\u0061\"", "'a'", "a"};
  const auto n = std::to_string(random.below(100));
  return refused(with_end(random_document(random), ",\"deep\":{\"list\":[1,{\"a\":" + n + "," +
                                                       std::string(random.of(kSecond)) + ":\"" +
                                                       sentence(random, 2) + "\"}]}"));
}

BrokenAnswer strings_in_two_parts(Random& random) {
  auto d = random_document(random, {.nested = false});
  const auto a = sentence(random, 2);
  const auto b = sentence(random, 2);
  const auto plus = random.one_in(2) ? " + " : " ";
  d.value.as_map()->set("body", Value::string(a + b));
  return {with_end(d, ",\"body\":\"" + a + "\"" + plus + "\"" + b + "\""), d.value};
}

BrokenAnswer two_fences(Random& random) {
  return refused("Option A:\n" + fenced("json", json_of(random_document(random))) +
                 "\nOption B:\n" + fenced("json", json_of(random_document(random))));
}

}  // namespace

std::vector<BrokenKind> second() {
  return {{"a Python dict", true, a_python_dict},
          {"JSON5", true, json5},
          {"within XML", true, within_xml},
          {"beside code", true, beside_code},
          {"with tokens of chat templates", true, with_template_tokens},
          {"in JavaScript", true, in_javascript},
          {"JSON as text within", true, json_as_text_within},
          {"apologies behind", true, apologies_behind},
          {"thinking aloud in front", true, thinking_aloud},
          {"a statement in another language", false, statement_in_another_language},
          {"attributed in another language", false, attributed_in_another_language},
          {"taken back", false, taken_back},
          {"rows left out", false, rows_left_out},
          {"members left out", false, members_left_out},
          {"quotes of two kinds", false, quotes_of_two_kinds},
          {"one member of YAML", false, one_member_of_yaml},
          {"values of Python", false, values_of_python},
          {"numbers with units", false, numbers_with_units},
          {"different duplicates at depth", false, duplicates_at_depth},
          {"strings in two parts", false, strings_in_two_parts},
          {"two fences", false, two_fences}};
}

}  // namespace gvm::answers
