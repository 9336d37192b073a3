#include "text/prose_words.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "text/search_form.h"

namespace gvm::text {
namespace {

using Trait = bool WordTraits::*;

// Lists of words, separated by spaces.

constexpr std::string_view kPointing =
    "here below sure okay ok certainly absolutely course hier anbei voici voilà ci aquí aqui ecco "
    "oto poniżej вот ниже ось нижче zde níže tu işte aşağıda إليك هنا فيما यहाँ यहां đây berikut här "
    "her "
    "nedan nedenfor tässä alla itt íme alább iată aici εδώ ορίστε ακολουθεί הנה להלן ето segue "
    "hapa "
    "   done go following follows requested extracted";

constexpr std::string_view kAnswer =
    "answer result results output response reply conclusion decision analysis assessment "
    "evaluation "
    "extraction   solution summary return returns returning ergebnis ergebnisse "
    "antwort ausgabe lösung "
    "résultat résultats réponse sortie resultado resultados respuesta salida risultato risultati "
    "risposta resposta saída resultaat antwoord uitvoer wynik odpowiedź результат результаты ответ "
    "вывод відповідь výsledek odpověď výstup výsledok odpoveď sonuç cevap yanıt çıktı النتيجة "
    "الجواب "
    "الإجابة परिणाम उत्तर jawaban hasil hasilnya keluaran resultat resultatet svar svaret tulos "
    "vastaus "
    "eredmény válasz rezultat rezultatul răspuns răspunsul αποτέλεσμα απάντηση תוצאה תשובה התוצאה "
    "התשובה отговор quả json json5 object data record structure array list values fields report "
    "information details entry objekt objet objeto oggetto daten données datos dati dados gegevens "
    "dane данные объект folgende folgendes suivant siguiente seguente seguinte    "
    " "
    "  ";

// What an introduction, a courtesy or a note on the form is made of besides.
constexpr std::string_view kHarmless =
    // English
    "a an the is are be as in of to for and with by at on s ve d ll m re it its that this these "
    "there you your i my we our me let know if need needs any anything anyone more else further "
    "hope helps help feel free ask asked happy glad please thank thanks welcome should "
    " request requirements instructions instruction format formatted form formatting "
    "structured valid pretty compact final complete completed generated  analyzed "
    "analysed "
    "determined represents represent outcome find will can have has all each every field key keys "
    "so then now well   clear think look looking "
    "follow above apologies apologize any confusion some missing changes  adjustments "
    "questions "
    "question verify check amounts dates units currency currencies utc before use using used read "
    "number numbers string strings boolean sorted order alphabetical rounded code fence block "
    "hesitate reach out further assistance assist enjoy day note notes based after reviewing "
    "reviewed reading analyzing checking considering extracting  do am that also only "
    "enclosed wrapped line lines single per want would like docs documentation   "
    "first run from them waiting best kind regards sincerely attached cheers  patience "
    "appreciate always see took time took moment course json5 html csv utf thousands millions "
    "percent "
    "cents seconds minutes hours days iso date time names name spelled listed sorted   "
    "  exactly both provide contains contain includes include thing unclear usd "
    "eur "
    "gbp gen eth wei whole compared about good great sources "
    // German
    "ist die der das als ein eine im in dem den und ich mein meine gewünschte gewünschten lautet "
    "lauten hoffe hilft gerne bitte danke es är "
    // French, Spanish, Portuguese, Italian, Catalan
    "le la les l au aux de du des est ma mon et format demandé résumé j espère que cela aide el lo "
    "los las "
    "está esta este es un una solicitado solicitada tienes pedido espero te le sirva ayude mi en "
    "con o os as "
    "um uma a minha meu é ajude isso ti in formato il lo gli richiesto richiesta che sia utile mio "
    "mia "
    "aiuti "
    // Dutch, Scandinavian, Finnish, Polish, Czech, Hungarian, Romanian, Turkish, Russian, Ukrainian
    "het is hopelijk helpt w formacie je jest v ve on az și este formatında в формате анализа это "
    "надеюсь поможет у форматі το "
    // Arabic, Hindi, Hebrew, Vietnamese, Indonesian, Swahili
    "بصيغة هذه هي هو है में là kết dưới dạng adalah dalam format semoga membantu kuna";

constexpr std::string_view kSource =
    "page article text match document website input review reviews source content contents picture "
    "image site table comparison schema provided described specified";

constexpr std::string_view kOwn = "i we";

constexpr std::string_view kBased =
    "based reviewing reviewed reading analyzing analyzed analysed checking considering extracting "
    "extracted missing";

constexpr std::string_view kWork =
    "read checked compared reviewed looked counted considered examined analyzed analysed  "
    " sorted  summed";

constexpr std::string_view kEnglish =
    "the of and is are with this that which first next then when where from has have been by after "
    "i you it its use see as because since each every all";

// What the form was asked for with: no answer itself.
constexpr std::string_view kForm = "format formats instruction instructions request requirements";

// Of a question that offers help.
constexpr std::string_view kOffer =
    "help else more further changes adjustments questions assist need";

// Verbs that state something, in a sentence that should only say what was done.
constexpr std::string_view kStating = "is are was were has have had be been which do does will s";

// With these an answer is one of several.
constexpr std::string_view kVague = "first any some every each great good valid";

constexpr std::string_view kRefers =
    "this that these those it above below following object json answer answers result results "
    "output "
    "print printed return response same here like mine me one ones";

constexpr std::string_view kContrary =
    "not no never none nor neither nothing nobody nope nah cannot without t isn aren wasn weren "
    "don doesn "
    "didn won wouldn shouldn couldn can't but however instead rather except contrary bad "
    "if unless would could might may perhaps suppose supposing hypothetically pretend ignore "
    "disregard forget old earlier previous previously former prior other others another somebody "
    "someone they he she their his her them who whom whose according quote quotes quoted quoting "
    "told tell tells say says said claims claim claimed wrote write writes written states stated "
    "author copied copy copies verbatim repeated repeat supplied demand demands demanded instructs "
    "instructed orders ordered sent posted replied asks expects lie lies lied "
    "lying joke joking joked fake scam trick tricked strike scratch draft negative nil null nay "
    "zero two four five six seven eight nine ten twelve hundred boolean booleans flag truth true "
    "elsewhere made swap swapped against invented";

// Beginnings of words of the same kind.
constexpr std::array<std::string_view, 48> kContraryStems = {
    "reject",  "refus",    "declin",  "denie",    "denial",  "deny",      "disapprov", "disagre",
    "retract", "withdr",   "revok",   "doubt",    "leader",  "validator", "attack",    "oppos",
    "revers",  "invers",   "invert",  "negat",    "flip",    "wrong",     "false",     "ironi",
    "sarcas",  "mistak",   "error",   "bogus",    "invalid", "incorr",    "untru",     "dishonest",
    "malicio", "fraud",    "brib",    "untrust",  "correct", "decept",    "deceiv",    "manipul",
    "inject",  "fabricat", "overrul", "overturn", "veto",    "nonsens",   "pretend",   "cheat"};

// Chinese, Japanese, Korean, Thai and Lao, where a word has neighbours without a space.
constexpr std::string_view kAnswerPieces =
    "json 以下 如下 下面 这是 這是 结果 結果 答案 回答 输出 輸出 こちら 出力 다음 여기 결과 답변 "
    "응답 다음과 결과는 以下是 답변은 นี่คือ "
    "ผลลัพธ์ คำตอบ ນີ້ແມ່ນ 数据 數據 データ";
constexpr std::string_view kHarmlessPieces =
    "是 的 好的 好 为 為 格式 形式 の は が です 通り 以 下 如 有 需要 请 請 告诉 告訴 我 您 你 所 "
    "提取 "
    "希望 对 對 有帮助 帮助 有所 这 能 会 是否 ご依頼 要求 要求的 요청하신 입니다 는 은 과 와 "
    "같습니다 "
    "형식의 형식 으로 คือ ครับ ค่ะ 当然 當然 可以";

using Words = std::unordered_map<std::string, WordTraits>;

void mark(Words& words, std::string_view list, Trait trait, bool known) {
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (end > 0) {
      auto& traits = words[search_form_of(list.substr(0, end))];
      traits.*trait = true;
      traits.known = traits.known || known;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

struct Lists {
  Words words;
  Words pieces;
  std::size_t longest_piece = 0;

  Lists() {
    mark(words, kPointing, &WordTraits::points, true);
    mark(words, kAnswer, &WordTraits::answer, true);
    mark(words, kHarmless, &WordTraits::known, true);
    mark(words, kSource, &WordTraits::source, false);
    mark(words, kOwn, &WordTraits::own, true);
    mark(words, kBased, &WordTraits::based, true);
    mark(words, kWork, &WordTraits::work, false);
    mark(words, kEnglish, &WordTraits::english, false);
    mark(words, kForm, &WordTraits::form, false);
    mark(words, kOffer, &WordTraits::offers, false);
    mark(words, kStating, &WordTraits::states, false);
    mark(words, kVague, &WordTraits::vague, false);
    mark(words, kRefers, &WordTraits::refers, false);
    mark(words, kContrary, &WordTraits::contrary, false);
    mark(pieces, kAnswerPieces, &WordTraits::answer, true);
    mark(pieces, kHarmlessPieces, &WordTraits::known, true);
    for (const auto& [piece, traits] : pieces)
      longest_piece = std::max(longest_piece, piece.size());
  }
};

const Lists& lists() {
  static const Lists* const kLists = new Lists;
  return *kLists;
}

// Of a passage that consists of known pieces, the longest first; nothing is known of any other.
WordTraits traits_of_passage(std::string_view form) {
  const auto& [words, pieces, longest] = lists();
  WordTraits all;
  while (!form.empty()) {
    auto size = std::min(longest, form.size());
    auto found = pieces.end();
    for (; size > 0 && found == pieces.end(); --size)
      found = pieces.find(std::string(form.substr(0, size)));
    if (found == pieces.end()) return {};
    all |= found->second;
    form.remove_prefix(size + 1);
  }
  return all;
}

bool is_contrary(std::string_view form) {
  return std::ranges::any_of(kContraryStems,
                             [form](std::string_view stem) { return form.starts_with(stem); });
}

}  // namespace

WordTraits& WordTraits::operator|=(const WordTraits& other) {
  for (const Trait trait :
       {&WordTraits::known, &WordTraits::points, &WordTraits::answer, &WordTraits::source,
        &WordTraits::own, &WordTraits::based, &WordTraits::work, &WordTraits::english,
        &WordTraits::form, &WordTraits::offers, &WordTraits::states, &WordTraits::vague,
        &WordTraits::refers, &WordTraits::contrary})
    this->*trait = this->*trait || other.*trait;
  return *this;
}

WordTraits traits_of(std::string_view word) {
  constexpr std::size_t kLongest = 96;  // bytes; the longest passages that introduce are shorter
  if (word.size() > kLongest) return {};
  const std::string form = search_form_of(word);
  const auto& words = lists().words;
  const auto found = words.find(form);
  auto traits = found == words.end() ? WordTraits{} : found->second;
  traits.contrary = traits.contrary || is_contrary(form);
  const bool without_spaces =
      std::ranges::any_of(word, [](char c) { return static_cast<unsigned char>(c) >= 0xE0; });
  if (found == words.end() && without_spaces) traits |= traits_of_passage(form);
  return traits;
}

}  // namespace gvm::text
