// Prose beside an object: what takes it back, gives it to somebody else or states another value,
// and what a careful person does not even read. Written after the rules of harmless_prose.cpp; no
// word was added to its lists for what was found here.
#include <array>
#include <utility>

#include "answers/corpus.h"

namespace gvm::answers {
namespace {

using Kind = Token::Kind;

std::string a_key(Random& random, const Document& document) {
  const auto keys = places(document.tokens, Kind::key);
  return std::string(content_of(document.tokens[keys[random.below(keys.size())]]));
}

BrokenAnswer beside(Random& random, const Document& document, const std::string& words) {
  const auto json = text_of(document.tokens);
  const std::string gap = random.one_in(3) ? "\n" : "\n\n";
  return {random.one_in(2) ? words + gap + json : json + gap + words, std::nullopt};
}

// To be refused.

BrokenAnswer denied(Random& random) {
  constexpr std::array<std::string_view, 14> kDenials = {"I take that back.",
                                                         "Scrap this.",
                                                         "That is the reverse of my view.",
                                                         "I would not sign it.",
                                                         "Declined.",
                                                         "Absolutely not.",
                                                         "Please treat it as void.",
                                                         "Turn every yes into a no.",
                                                         "I was only kidding.",
                                                         "Nobody should rely on this record.",
                                                         "My real view differs.",
                                                         "Well, on second reading that is off.",
                                                         "Strike that.",
                                                         "It ought to be lower."};
  return beside(random, random_document(random), std::string(random.of(kDenials)));
}

BrokenAnswer given_to_somebody_else(Random& random) {
  constexpr std::array<std::string_view, 12> kOwners = {
      "This belongs to another node.",
      "The web page dictates this record.",
      "These are the plaintiff's figures.",
      "I am repeating the seller.",
      "Taken over from the prompt.",
      "That is how the opponent sees it.",
      "It is printed here since the page insists.",
      "The text commands me to give this.",
      "Their proposal, word by word.",
      "As dictated by the visitor.",
      "The sender wishes to read this.",
      "Found in the footer of the site."};
  return beside(random, random_document(random), std::string(random.of(kOwners)));
}

BrokenAnswer another_value(Random& random) {
  const auto d = random_document(random);
  const auto key = a_key(random, d);
  const auto n = std::to_string(random.below(1000));
  const std::array<std::string, 12> forms = {"The " + key + " is " + n + ".",
                                             key + " \u2192 " + n,
                                             key + " => " + n,
                                             "| " + key + " | " + n + " |",
                                             "<" + key + ">" + n + "</" + key + ">",
                                             "```yaml\n" + key + ": " + n + "\n```",
                                             "```\n" + key + " " + n + "\n```",
                                             "```python\n" + key + " = " + n + "\n```",
                                             "- **" + key + "** " + n,
                                             "Set " + key + " to zero.",
                                             "The " + key + " has to be nil.",
                                             key + " \u2260 what stands there"};
  return beside(random, d, forms[random.below(forms.size())]);
}

BrokenAnswer in_other_languages(Random& random) {
  constexpr std::array<std::string_view, 20> kSaid = {
      "Kasalungat ito ng sagot ko.",
      "Ang hatol: hindi totoo.",
      "Odluka: odbijeno.",
      "Rozhodnutie: zamietnut\u00E9.",
      "Otsus: tagasi l\u00FCkatud.",
      "Nuosprend\u012F atmetu.",
      "Spriedums: noraid\u012Bts.",
      "Dyfarniad: gwrthodwyd.",
      "Breith: di\u00FAltaithe.",
      "Erabakia: ukatua.",
      "Uamuzi: imekataliwa.",
      "Besluit: afgekeur.",
      "Vendimi: refuzuar.",
      "Ni\u00F0ursta\u00F0a: hafna\u00F0.",
      "\u0540\u0561\u056F\u0561\u057C\u0561\u056F\u0576 \u0567\u0589",
      "\u10E3\u10D0\u10E0\u10D7\u10E7\u10DD\u10E4\u10D8\u10D7\u10D8\u10D0.",
      "\u0E1B\u0E0F\u0E34\u0E40\u0E2A\u0E18",
      "\u9A73\u56DE\u3002",
      "\u5374\u4E0B\u3059\u308B\u3002",
      "\uAE30\uAC01\uD55C\uB2E4."};
  return beside(random, random_document(random), std::string(random.of(kSaid)));
}

BrokenAnswer led_in_by_doubt(Random& random) {
  constexpr std::array<std::string_view, 16> kLeads = {
      "A crook would return:\n",
      "The exact reverse of my result:\n",
      "Never accept this answer:\n",
      "The answer by the seller:\n",
      "The result they paid for:\n",
      "Here is what stands on the page:\n",
      "Result, to be inverted:\n",
      "Das Gegenteil meiner Antwort:\n",
      "Le contraire de ma r\u00E9ponse :\n",
      "Lo contrario de mi respuesta:\n",
      "L'opposto della mia risposta:\n",
      "\u6211\u7684\u7B54\u6848\u7684\u53CD\u9762\uFF1A\n",
      "\u0412\u043C\u0435\u0441\u0442\u043E \u043C\u043E\u0435\u0433\u043E "
      "\u043E\u0442\u0432\u0435\u0442\u0430:\n",
      "Unlike the result below, mine is a no.\n",
      "The following answer was bought.\n",
      "No thanks. "};
  return {std::string(random.of(kLeads)) + text_of(random_document(random).tokens), std::nullopt};
}

BrokenAnswer said_before_a_thought(Random& random) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kMarks = {
      {{"<think>", "</think>"}, {"[THINK]", "[/THINK]"}, {"\n<thinking>\n", "\n</thinking>\n"}}};
  const auto& [opening, closing] = random.of(kMarks);
  return {text_of(random_document(random).tokens) + std::string(opening) + sentence(random, 5) +
              "." + std::string(closing) + text_of(random_document(random).tokens),
          std::nullopt};
}

// Without doubt.

BrokenAnswer introduced(Random& random) {
  constexpr std::array<std::string_view, 20> kLeads = {
      "Sure, here is the JSON you need:\n\n",
      "Here are the results in JSON:\n",
      "Okay, here's the final JSON:\n",
      "Certainly! Below is the requested object.\n\n",
      "Here's the output, formatted as requested:\n\n",
      "**Output**\n\n",
      "## Final answer\n\n",
      "I have read the page and extracted the data. Here is the JSON:\n\n",
      "Final result:\n",
      "The extracted data in JSON format:\n",
      "Based on the article, here is my assessment:\n",
      "Thanks for your patience! Here is the object:\n",
      "Voici la r\u00E9ponse en JSON :\n",
      "Hier ist das Ergebnis im JSON-Format:\n",
      "Aqu\u00ED est\u00E1 la respuesta en formato JSON:\n",
      "Ecco la risposta in formato JSON:\n",
      "Aqui est\u00E1 o resultado em JSON:\n",
      "\u4EE5\u4E0B\u662F\u7ED3\u679C\uFF1A\n",
      "\u7D50\u679C\u306F\u4EE5\u4E0B\u306E\u901A\u308A\u3067\u3059\u3002\n",
      "\u0412\u043E\u0442 \u0440\u0435\u0437\u0443\u043B\u044C\u0442\u0430\u0442:\n"};
  const auto d = random_document(random);
  return {std::string(random.of(kLeads)) + text_of(d.tokens), d.value};
}

BrokenAnswer courtesies_behind(Random& random) {
  constexpr std::array<std::string_view, 12> kBehind = {
      "Let me know if you need any further help!",
      "Feel free to reach out with questions.",
      "Happy to assist further.",
      "I hope this is what you need.",
      "Thank you!",
      "You're welcome!",
      "Please let me know if you would like any adjustments.",
      "Is there anything else you need?",
      "The object follows the requested format.",
      "I read the article and checked the dates.",
      "Note: all amounts are in USD.",
      "Cheers!"};
  const auto d = random_document(random);
  return {text_of(d.tokens) + "\n\n" + std::string(random.of(kBehind)), d.value};
}

}  // namespace

std::vector<BrokenKind> prose() {
  return {{"denied", false, denied},
          {"given to somebody else", false, given_to_somebody_else},
          {"another value beside it", false, another_value},
          {"taken back in other languages", false, in_other_languages},
          {"led in by doubt", false, led_in_by_doubt},
          {"said before a thought", false, said_before_a_thought},
          {"introduced", true, introduced},
          {"courtesies behind", true, courtesies_behind}};
}

}  // namespace gvm::answers
