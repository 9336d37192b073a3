#include "text/introduction.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>

#include "text/search_form.h"
#include "text/verdict_words.h"
#include "text/word_list.h"

namespace gvm::text {
namespace {

// Words that point at what follows them.
constexpr std::string_view kPointing[] = {
    "here", "heres", "below", "sure", "okay", "ok", "certainly", "hier", "anbei", "voici", "voila",
    "ci", "aquí", "aqui", "ecco", "oto", "poniżej", "вот", "ниже", "ось", "нижче", "zde", "níže",
    "tu", "işte", "aşağıda", "إليك", "هنا", "فيما", "यहाँ", "यहां", "đây", "berikut", "här", "her",
    "nedan", "nedenfor", "tässä", "alla", "itt", "íme", "alább", "iată", "aici", "εδώ", "ορίστε",
    "ακολουθεί", "הנה", "להלן", "ето",
    // Of chat templates: <|im_start|>assistant, [/INST], <start_of_turn>model.
    "assistant", "inst", "model",
    // "Done:", "There you go:"
    "done", "go"};

// Words for an answer.
constexpr std::string_view kAnswer[] = {
    "answer",     "result",    "results",    "output",     "response",   "reply",      "final",
    "conclusion", "decision",  "analysis",   "assessment", "evaluation", "extracted",  "extraction",
    "requested",  "solution",  "summary",    "return",     "returns",    "returning",  "ergebnis",
    "ergebnisse", "antwort",   "ausgabe",    "lösung",     "résultat",   "résultats",  "réponse",
    "sortie",     "resultado", "resultados", "respuesta",  "salida",     "risultato",  "risultati",
    "risposta",   "resposta",  "saída",      "resultaat",  "antwoord",   "uitvoer",    "wynik",
    "odpowiedź",  "результат", "результаты", "ответ",      "вывод",      "відповідь",  "výsledek",
    "odpověď",    "výstup",    "výsledok",   "odpoveď",    "sonuç",      "cevap",      "yanıt",
    "çıktı",      "النتيجة",   "الجواب",     "الإجابة",    "परिणाम",     "उत्तर",       "jawaban",
    "hasil",      "keluaran",  "resultat",   "svar",       "tulos",      "vastaus",    "eredmény",
    "válasz",     "rezultat",  "rezultatul", "răspuns",    "răspunsul",  "αποτέλεσμα", "απάντηση",
    "תוצאה",      "תשובה",     "התוצאה",     "התשובה",     "отговор",    "quả"};

// Words for the form of an answer, and for what it holds.
constexpr std::string_view kForm[] = {
    "json", "object", "data", "record", "following", "follows", "structure", "format", "formatted",
    "structured", "array", "list", "value", "values", "fields", "report", "information", "details",
    "entry", "objekt", "objet", "objeto", "oggetto", "daten", "données", "datos", "dati", "dados",
    "gegevens", "dane", "данные", "объект", "folgende", "folgendes", "suivant", "siguiente",
    "seguente", "seguinte",
    // Of code: "module.exports = ", "const data = ".
    "var", "let", "const", "export", "exports", "default"};

// Words for where a text comes from: what they introduce is quoted.
constexpr std::string_view kSource[] = {
    "input",        "inputs",   "user",     "users",    "prompt",   "question",    "sample",
    "template",     "schema",   "given",    "provided", "supplied", "received",    "submitted",
    "source",       "contract", "message",  "email",    "page",     "website",     "site",
    "article",      "comment",  "post",     "tweet",    "document", "transcript",  "contains",
    "contained",    "reads",    "stated",   "states",   "shows",    "tells",       "told",
    "not",          "old",      "expected", "required", "replied",  "replies",     "quoted",
    "was",          "were",     "had",      "eingabe",  "nutzer",   "benutzer",    "nachricht",
    "seite",        "enthält",  "lautete",  "war",      "entrée",   "utilisateur", "contient",
    "était",        "entrada",  "usuario",  "contiene", "era",      "fue",         "ввод",
    "пользователь", "содержит", "был",      "была",     "было",     "gebruiker",   "invoer"};

// Words of who answers: "my analysis of the page" is no quotation.
constexpr std::string_view kOwn[] = {"i",     "my",  "we",  "our", "ich", "mein",
                                     "meine", "je",  "ma",  "mon", "mi",  "yo",
                                     "minha", "meu", "mia", "mio", "мой", "моя"};

// Words for somebody else's answer, or an earlier one.
constexpr std::string_view kOthers[] = {
    "previous",   "previously", "earlier",    "original",   "originally",    "initial",
    "leader",     "leaders",    "validator",  "validators", "attacker",      "somebody",
    "someone",    "according",  "anführer",   "anführers",  "ursprüngliche", "vorherige",
    "laut",       "leiter",     "líder",      "anterior",   "según",         "précédent",
    "précédente", "initiale",   "selon",      "chef",       "precedente",    "secondo",
    "лидер",      "лидера",     "предыдущий", "предыдущая", "прежний"};

// Chinese, Japanese, Korean and Thai, where a word has neighbours without a space.
constexpr std::string_view kIntroducing[] = {
    "json", "以下",   "如下", "下面", "这是", "這是", "结果", "結果", "答案", "回答",  "输出",
    "輸出", "こちら", "出力", "다음", "여기", "결과", "답변", "응답", "นี่คือ",  "ผลลัพธ์", "คำตอบ"};
constexpr std::string_view kQuoting[] = {"输入", "輸入",   "用户",     "使用者", "入力", "ユーザー",
                                         "领导", "領導",   "リーダー", "之前",   "以前", "原始",
                                         "입력", "사용자", "리더",     "이전"};

struct Lists {
  WordList pointing{kPointing};
  WordList answer{kAnswer};
  WordList form{kForm};
  WordList source{kSource};
  WordList own{kOwn};
  WordList others{kOthers};
  PieceList introducing{kIntroducing};
  PieceList quoting{kQuoting};
};

const Lists& lists() {
  static const Lists* const kLists = new Lists;
  return *kLists;
}

// What the words of a clause or a sentence are about.
struct Meaning {
  bool has_words = false;
  bool points = false;
  bool answer = false;
  bool form = false;
  bool source = false;
  bool own = false;
  bool others = false;

  void add(std::string_view word) {
    constexpr std::size_t kLongest = 64;  // bytes; no word of the lists is longer
    const Lists& known = lists();
    const bool without_spaces =
        std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
    has_words = true;
    if (word.size() > kLongest && !without_spaces) return;
    const std::string in_search_form = search_form_of(word.substr(0, 1024));
    points |= known.pointing.has(in_search_form);
    answer |= known.answer.has(in_search_form);
    form |= known.form.has(in_search_form);
    source |= known.source.has(in_search_form);
    own |= known.own.has(in_search_form);
    others |= known.others.has(in_search_form);
    if (!without_spaces) return;
    answer |= known.introducing.is_in(in_search_form);
    others |= known.quoting.is_in(in_search_form);
  }
};

Meaning meaning_of(std::string_view text) {
  Meaning meaning;
  for (std::size_t at = 0; at < text.size();) {
    auto end = end_of_word(text, at);
    const auto underscore = text.substr(at, end - at).find('_');
    if (underscore != std::string_view::npos) end = at + underscore;
    if (end == at) {
      do ++at;
      while (at < text.size() && (text[at] & 0xC0) == 0x80);
      continue;
    }
    meaning.add(text.substr(at, end - at));
    at = end;
  }
  return meaning;
}

// Without the opening fence of the object and white space; `text` ends where its last line does.
std::string_view without_fence(std::string_view text) {
  constexpr std::string_view kFence = "```";
  const auto fence = text.rfind(kFence);
  if (fence == std::string_view::npos) return text;
  const auto language = text.substr(fence + kFence.size());
  const bool opens = language.find_first_of(" \t") == std::string_view::npos ||
                     language.find_first_not_of(" \t\r\n") == std::string_view::npos;
  return opens && language.size() < 32 ? text.substr(0, fence) : text;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [text](auto each) { return text.ends_with(each); });
}

// The part of the object's line that stands in front of it, or else the last line before it.
struct LeadIn {
  std::string_view text;
  bool is_closed = false;  // its sentence has ended, or a blank line follows
  bool is_open = false;    // it ends in a colon, or in the middle of a line
};

LeadIn lead_in_of(std::string_view before) {
  before = without_fence(before);
  const auto last = before.find_last_not_of(" \t\r\n*`_#");
  if (last == std::string_view::npos) return {.text = {}, .is_closed = true};
  const auto behind = before.substr(last + 1);
  const auto text = before.substr(0, last + 1);
  LeadIn lead{.text = text.substr(text.rfind('\n') + 1)};
  lead.is_open = ends_with_any(text, {":", "\uFF1A", "="}) || !behind.contains('\n');
  lead.is_closed =
      ends_with_any(text, {".", "!", "?", "\u3002", "\uFF01", "\uFF1F", "\u2026", "\u0964"}) ||
      (!lead.is_open && std::ranges::count(behind, '\n') > 1);
  return lead;
}

// "<answer>", when the text ends in a tag of one line and white space.
std::optional<std::string_view> tag_at_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  if (last == std::string_view::npos || text[last] != '>') return std::nullopt;
  const auto start = text.find_last_of("<\n", last);
  if (start == std::string_view::npos || text[start] != '<') return std::nullopt;
  return text.substr(start, last + 1 - start);
}

std::string_view behind_last(std::string_view text, std::initializer_list<std::string_view> marks) {
  std::size_t start = 0;
  for (const std::string_view mark : marks) {
    const auto found = text.rfind(mark);
    if (found != std::string_view::npos) start = std::max(start, found + mark.size());
  }
  return text.substr(start);
}

std::string_view last_sentence(std::string_view line) {
  return behind_last(line, {". ", "! ", "? ", "\u3002", "\uFF01", "\uFF1F", "\u0964 "});
}

std::string_view last_clause(std::string_view sentence) {
  return behind_last(sentence, {"; ", ", ", "\uFF0C", "\u3001", "\uFF1B", "\u060C "});
}

// "x = ", "window.report = ", "callback(": code names the object, or passes it on.
bool is_code(std::string_view clause) {
  const auto last = clause.find_last_not_of(" \t");
  if (last == std::string_view::npos || (clause[last] != '=' && clause[last] != '(')) return false;
  const auto name = clause.substr(0, clause.find_last_not_of(" \t", last == 0 ? 0 : last - 1) + 1);
  return name.find_first_of(" \t") == std::string_view::npos;
}

}  // namespace

bool introduces_the_answer(std::string_view before) {
  // A tag may have any name that is none of a source.
  while (const auto tag = tag_at_end(before)) {
    const Meaning name = meaning_of(*tag);
    if ((name.source && !name.points) || name.others) return false;
    before.remove_suffix(static_cast<std::size_t>(before.end() - tag->begin()));
  }
  const LeadIn lead = lead_in_of(before);
  if (lead.is_closed) return true;
  const auto sentence = last_sentence(lead.text);
  if (meaning_of(sentence).others) return false;
  const auto words = last_clause(sentence);
  const Meaning clause = meaning_of(words);
  if (!clause.has_words || clause.points) return true;
  if (!lead.is_open) return !clause.source;
  const bool names_it = clause.answer || clause.form || is_code(words);
  return names_it && (!clause.source || (clause.answer && clause.own));
}

}  // namespace gvm::text
