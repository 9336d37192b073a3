#include "text/verdict_words.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <string>

#include "text/search_form.h"
#include "text/word_list.h"

namespace gvm::text {
namespace {

// "true", "false", "yes" and "no", and words for right and wrong that are common in other uses.
constexpr std::string_view kValues[] = {
    "wahr",    "richtig",   "ja",        "nein",     "vrai",   "vraie",  "correct",  "oui",
    "non",     "verdadero", "verdadera", "correcto", "si",     "vero",   "corretto", "verdadeiro",
    "correto", "sim",       "nao",       "waar",     "juist",  "nee",    "sant",     "sand",
    "rätt",    "nej",       "nei",       "totta",    "kyllä",  "ei",     "prawda",   "tak",
    "nie",     "pravda",    "ano",       "igaz",     "igen",   "nem",    "adevărat", "da",
    "nu",      "αληθής",    "ναι",       "όχι",      "истина", "правда", "верно",    "да",
    "нет",     "так",       "ні",        "вірно",    "не",     "doğru",  "evet",     "hayır",
    "صحيح",    "نعم",       "لا",        "נכון",     "כן",     "לא",     "सत्य",      "सही",
    "हाँ",      "नहीं",       "benar",     "ya",       "tidak",  "đúng",   "có",       "không",
    "正确",    "正確",      "真",        "是",       "否",     "对",     "對",       "はい",
    "いいえ",  "正しい",    "참",        "맞음",     "예",     "네",     "아니요",   "아니오"};

// Words for false, wrong and verdict, and of who reports what somebody else has said.
constexpr std::string_view kJudging[] = {
    "falsch",     "unwahr",     "unrichtig", "urteil",    "schrieb",  "behauptet", "faux",
    "fausse",     "incorrecte", "erroné",    "prétend",   "falso",    "falsa",     "incorrecto",
    "incorrecta", "veredicto",  "escribió",  "afirma",    "écrit",    "verdetto",  "errato",
    "sbagliato",  "scrisse",    "veredito",  "incorreto", "escreveu", "onwaar",    "onjuist",
    "oordeel",    "schreef",    "falskt",    "falsk",     "felaktig", "skrev",     "väärin",
    "fałsz",      "fałszywy",   "werdykt",   "napisał",   "nepravda", "napsal",    "hamis",
    "ítélet",     "fals",       "greșit",    "ψευδής",    "λάθος",    "ложь",      "ложно",
    "неверно",    "неправда",   "вердикт",   "написал",   "хибно",    "невірно",   "написав",
    "yanlış",     "yazdı",      "خطأ",       "كاذب",      "الحكم",    "שקר",       "שגוי",
    "असत्य",       "गलत",        "निर्णय",     "salah",     "palsu",    "putusan"};

// Chinese, Japanese and Korean, where a word has neighbours without a space.
constexpr std::string_view kJudgingAnywhere[] = {
    "错误", "錯誤", "不正确", "不正確", "虚假",   "判定", "写道", "寫道",
    "偽",   "誤り", "虚偽",   "不正解", "書いた", "거짓", "판정", "틀렸"};

constexpr std::string_view kRevising[] = {
    "entschuldigung", "korrektur", "berichtigung", "perdón",
    "corrección",     "désolé",    "désolée",      "rectification",
    "scusa",          "scusate",   "correzione",   "desculpe",
    "correção",       "rättelse",  "rettelse",     "korjaus",
    "poprawka",       "oprava",    "javítás",      "исправление",
    "извините",       "поправка",  "виправлення",  "düzeltme",
    "تصحيح",          "תיקון",     "सुधार",         "koreksi",
    "更正",           "訂正",      "정정"};

char32_t code_point_at(std::string_view text, std::size_t& offset) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto at = static_cast<std::int64_t>(offset);
  const auto size = static_cast<std::int64_t>(text.size());
  UChar32 c = 0;
  U8_NEXT(bytes, at, size, c);
  offset = static_cast<std::size_t>(at);
  return c < 0 ? U'\uFFFD' : static_cast<char32_t>(c);
}

constexpr std::size_t kLongest = 48;  // bytes of a word of the lists, and a little more

struct Lists {
  WordList values{kValues};
  WordList judging{kJudging};
  WordList revising{kRevising};
  PieceList judging_anywhere{kJudgingAnywhere};
};

const Lists& lists() {
  static const Lists* const kLists = new Lists;
  return *kLists;
}

bool is_of_word(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  constexpr std::uint32_t kMarks = U_GC_M_MASK;
  return c == U'_' || u_isalnum(point) != 0 || (U_GET_GC_MASK(point) & kMarks) != 0;
}

}  // namespace

bool means_revising(std::string_view word) {
  return word.size() <= kLongest && lists().revising.has(search_form_of(word));
}

WordMeaning foreign_meaning(std::string_view word) {
  const auto& known = lists();
  if (word.size() <= kLongest) {
    const std::string form = search_form_of(word);
    if (known.judging.has(form)) return WordMeaning::judging;
    if (known.values.has(form)) return WordMeaning::value;
  }
  if (static_cast<unsigned char>(word.front()) < 0xE0) return WordMeaning::none;
  return known.judging_anywhere.is_in(search_form_of(word)) ? WordMeaning::judging
                                                            : WordMeaning::none;
}

std::size_t end_of_word(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    auto next = offset;
    if (!is_of_word(code_point_at(text, next))) break;
    offset = next;
  }
  return offset;
}

}  // namespace gvm::text
