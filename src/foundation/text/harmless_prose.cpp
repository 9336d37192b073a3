#include "text/harmless_prose.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/ascii.h"
#include "text/prose_words.h"
#include "text/search_form.h"
#include "text/verdict_words.h"

namespace gvm::text {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";
constexpr std::size_t kLongestTag = 200;
constexpr std::size_t kStem = 5;  // letters: "approved" and "approval" have one stem

// Tokens of chat templates, which stand around answers and say nothing.
constexpr std::array<std::string_view, 18> kTokens = {
    "<|im_end|>",
    "<|im_start|>assistant",
    "<|im_start|>",
    "<|assistant|>",
    "<|end|>",
    "<|eot_id|>",
    "<|start_header_id|>assistant<|end_header_id|>",
    "[/INST]",
    "</s>",
    "<|endoftext|>",
    "<end_of_turn>",
    "<start_of_turn>model",
    "<start_of_turn>",
    "<|eom_id|>",
    "<|return|>",
    "<|end_of_text|>",
    "<|end_of_turn|>",
    "<|start|>assistant"};

// What a fence may name: forms of the object itself, and languages of code beside it.
constexpr std::array<std::string_view, 8> kForms = {"json", "json5",     "jsonc", "text",
                                                    "txt",  "plaintext", "plain", "none"};
constexpr std::array<std::string_view, 18> kLanguages = {
    "javascript", "js",      "typescript", "ts",   "python", "py", "bash", "sh",   "shell",
    "sql",        "console", "go",         "rust", "java",   "c",  "cpp",  "ruby", "php"};

// Names of attributes in tags.
constexpr std::array<std::string_view, 11> kAttributes = {"xml",      "id",   "format",   "type",
                                                          "class",    "lang", "language", "version",
                                                          "encoding", "utf",  "name"};

// Marks in sentences that change nothing, ASCII ones apart.
constexpr std::array<std::string_view, 36> kMarks = {
    "\u00A0", "\u200B", "\u2060", "\uFEFF", "\u3000", "\u2013", "\u2014", "\u2026", "\u2018",
    "\u2019", "\u201C", "\u201D", "\u201E", "\u00AB", "\u00BB", "\u3001", "\u3002", "\uFF01",
    "\uFF1F", "\uFF1A", "\uFF1B", "\uFF0C", "\uFF08", "\uFF09", "\u0964", "\u060C", "\u061B",
    "\u061F", "\u00BF", "\u00A1", "\u300C", "\u300D", "\u2022", "\u00B7", "\u200D", "\uFE0F"};
constexpr std::array<std::string_view, 10> kSmiles = {"🙂", "😊", "😀", "😃", "😄",
                                                      "🎉", "✨", "🙏", "👋", "🚀"};
constexpr std::string_view kAsciiMarks = " \t\r\n.,:;!?'\"()-*_`#[]";

template <class List>
bool contains(const List& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

std::string stem_of(std::string_view word) {
  std::string form = search_form_of(word.substr(0, 64));
  std::size_t letters = 0;
  std::size_t end = 0;
  for (; end < form.size(); ++end) {
    if ((form[end] & 0xC0) == 0x80) continue;
    if (++letters > kStem) break;
  }
  form.resize(end);
  return form;
}

// Calls `use` for each word; "_" ends one.
template <class Use>
void each_word(std::string_view text, Use&& use) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = end_of_word(text, at);
    if (end == at) {
      ++at;
      while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
      continue;
    }
    while (at < end) {
      const auto stop = std::min(text.find('_', at), end);
      if (stop > at) use(text.substr(at, stop - at));
      at = stop + 1;
    }
    at = end;
  }
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [text](auto each) { return text.ends_with(each); });
}

bool has_digit(std::string_view word) {
  return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view trimmed(std::string_view text) {
  return trim(text, kSpace);
}

// The prose without what says nothing: tokens, tags, fences, links. `harm_` when one of them does.
class Cleaner {
 public:
  Cleaner(std::string_view prose, Side side, const Subject& subject)
      : prose_(prose), side_(side), subject_(subject) {}

  std::string run() {
    for (at_ = 0; at_ < prose_.size() && !harm_;) step();
    return std::move(out_);
  }
  std::optional<std::string> harm() const { return harm_; }

 private:
  void step() {
    const auto rest = prose_.substr(at_);
    for (const auto token : kTokens) {
      if (rest.starts_with(token)) return skip(token.size());
    }
    if (rest.starts_with("```") || rest.starts_with("~~~")) return fence();
    if (rest.starts_with("<![CDATA[")) return skip(9);
    if (rest.starts_with("]]>")) return skip(3);
    if (rest[0] == '<') return tag();
    if (rest.starts_with("https://") || rest.starts_with("http://")) {
      at_ = end_of_link();
      return;
    }
    out_ += rest[0];
    ++at_;
  }

  std::size_t end_of_link() const {
    auto end = std::min(prose_.find_first_of(" \t\r\n)>\"", at_), prose_.size());
    while (std::string_view(".,;:!?").contains(prose_[end - 1])) --end;
    return end;
  }

  // A token or a tag ends the sentence.
  void skip(std::size_t size) {
    out_ += '\n';
    at_ += size;
  }

  void tag() {
    const auto end = prose_.substr(0, at_ + kLongestTag).find_first_of("<>\n", at_ + 1);
    if (end == std::string_view::npos || prose_[end] != '>') {
      harm_ = "a mark that is not known stands beside it";
      return;
    }
    const auto name = prose_.substr(at_ + 1, end - at_ - 1);
    // The object stands behind an opening tag and in front of its closing one.
    const bool closes = name.starts_with('/') || name.ends_with('/');
    bool known = !name.empty() && (is_letter(name[0]) || name[0] == '/' || name[0] == '?') &&
                 closes == (side_ == Side::after);
    bool answers = false;
    each_word(name, [&](std::string_view word) {
      const auto traits = traits_of(word);
      const bool short_name = word.size() == 1 && std::string_view("abprxy").contains(word[0]);
      const bool says_xml = word == "xml";
      answers = answers || traits.answer || short_name || says_xml;
      known = known && (traits.known || short_name || contains(kAttributes, lowered(word)) ||
                        has_only_digits(word));
    });
    if (!known || !answers) {
      harm_ = "a tag that is not known stands beside it";
      return;
    }
    skip(end + 1 - at_);
  }

  // Code in a fence of a language says nothing, unless it gives a value to a name of the object.
  void fence() {
    at_ = std::min(prose_.find_first_not_of(prose_[at_], at_), prose_.size());
    const auto end = std::min(prose_.find_first_of(" \t\r\n", at_), prose_.size());
    const std::string info = lowered(prose_.substr(at_, end - at_));
    out_ += '\n';
    at_ = end;
    if (info.empty() || contains(kForms, info)) return;
    if (!contains(kLanguages, info)) {
      harm_ = "a fence that is not known stands beside it";
      return;
    }
    const auto closing = prose_.find("```", at_);
    if (closing == std::string_view::npos) return;
    if (assigns(prose_.substr(at_, closing - at_))) {
      harm_ = "code beside it gives a value to one of its names";
      return;
    }
    at_ = std::min(prose_.find_first_not_of('`', closing), prose_.size());
  }

  bool assigns(std::string_view code) const {
    bool found = false;
    each_word(code, [&](std::string_view word) {
      const auto end = static_cast<std::size_t>(word.data() + word.size() - code.data());
      const auto next = code.find_first_not_of(" \t\"'", end);
      found =
          found || (next != std::string_view::npos && (code[next] == '=' || code[next] == ':') &&
                    subject_.names(word, Side::before));
    });
    return found;
  }

  static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
  static bool has_only_digits(std::string_view word) {
    return std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  }

  std::string_view prose_;
  Side side_;
  const Subject& subject_;
  std::size_t at_ = 0;
  std::string out_;
  std::optional<std::string> harm_;
};

struct Sentence {
  std::string_view text;
  bool ended = false;  // by a stop or a line's end; the object follows within it otherwise
};

// Behind the sentence that begins at `at`.
std::size_t end_of_sentence(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') return at + 1;
    const auto rest = text.substr(at);
    if (std::string_view(".!?").contains(c) &&
        (rest.size() == 1 || std::string_view(" \t\r\n*_\")").contains(rest[1])))
      return at + 1;
    for (const std::string_view stop :
         {"\u3002", "\uFF01", "\uFF1F", "\u0964", "\u0589", "\u06D4"}) {
      if (rest.starts_with(stop)) return at + stop.size();
    }
  }
  return at;
}

std::vector<Sentence> sentences_of(std::string_view text) {
  std::vector<Sentence> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = end_of_sentence(text, at);
    const auto sentence = text.substr(at, end - at);
    const bool ended =
        end < text.size() || sentence.ends_with('\n') ||
        ends_with_any(sentence, {".", "!", "?", "\u3002", "\uFF01", "\uFF1F", "\u0964"});
    if (!trimmed(sentence).empty()) out.push_back({sentence, ended});
    at = end;
  }
  return out;
}

// Whether `sentence` has marks that may say something: arrows, crosses, columns of a table.
bool has_other_marks(std::string_view sentence, std::string_view allowed) {
  for (std::size_t at = 0; at < sentence.size();) {
    const auto word = end_of_word(sentence, at);
    if (word > at) {
      at = word;
      continue;
    }
    if (static_cast<unsigned char>(sentence[at]) < 0x80) {
      if (sentence[at] == '!' && at > 0 && sentence[at - 1] == ' ') return true;
      if (!kAsciiMarks.contains(sentence[at]) && !allowed.contains(sentence[at])) return true;
      ++at;
      continue;
    }
    auto end = at + 1;
    while (end < sentence.size() && (sentence[end] & 0xC0) == 0x80) ++end;
    const auto mark = sentence.substr(at, end - at);
    if (!contains(kMarks, mark) && !contains(kSmiles, mark)) return true;
    at = end;
  }
  return false;
}

// What the words of a sentence or clause are.
struct Words {
  std::size_t count = 0;
  bool all_known = true;
  WordTraits any;
  WordTraits first;
  WordTraits second;
  bool let_me = false;   // at the beginning
  bool says_in = false;  // "in", "from", "contain": where something stands
  bool has_number = false;
  bool names_subject = false;

  bool introduces() const { return any.points || any.answer; }
};

Words words_of(std::string_view text, Side side, const Subject& subject) {
  Words words;
  bool first_is_let = false;
  each_word(text, [&](std::string_view word) {
    const auto traits = traits_of(word);
    words.all_known = words.all_known && (traits.known || traits.source);
    words.any |= traits;
    if (words.count == 0) words.first = traits;
    if (words.count == 1) words.second = traits;
    if (words.count == 1) words.let_me = first_is_let && word == "me";
    first_is_let = words.count == 0 && lowered(word) == "let";
    ++words.count;
    constexpr std::array<std::string_view, 6> kIn = {"in",       "from", "contain",
                                                     "contains", "read", "at"};
    words.says_in = words.says_in || contains(kIn, lowered(word));
    words.has_number = words.has_number || has_digit(word);
    words.names_subject = words.names_subject || subject.names(word, side);
  });
  return words;
}

class Judge {
 public:
  Judge(Side side, const Subject& subject) : side_(side), subject_(subject) {}

  std::optional<std::string> harm_in(std::string_view text) {
    const auto sentences = sentences_of(text);
    if (side_ == Side::before && !leads_to_the_object(text))
      return "the words in front of it do not say that it is the answer";
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      const bool last = side_ == Side::before && i + 1 == sentences.size();
      if (last ? !is_lead_in(sentences[i]) : !is_harmless(sentences[i].text))
        return last ? std::string("the words in front of it do not say that it is the answer")
                    : "the text around it is not known to be about nothing else: \"" +
                          shown(trimmed(sentences[i].text)) + "\"";
    }
    return std::nullopt;
  }

 private:
  static std::string shown(std::string_view text) {
    constexpr std::size_t kMost = 80;
    if (text.size() <= kMost) return std::string(text);
    auto end = kMost;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;
    return std::string(text.substr(0, end)) + "...";
  }

  // No mark of a comment, a quotation or an item begins the line of the object.
  static bool leads_to_the_object(std::string_view text) {
    const auto line = text.substr(text.rfind('\n') + 1);
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return true;
    if (std::string_view("-#/>!~+=").contains(line[first]) || line.substr(first).starts_with("* "))
      return false;
    for (std::size_t at = 0; at < line.size(); ++at)
      if (end_of_word(line, at) > at) return true;
    return line.find_first_of("-#/>!~+=") == std::string_view::npos;
  }

  bool is_closed(const Words& words) const {
    const auto& any = words.any;
    if (!words.all_known || words.has_number) return false;
    if (side_ == Side::before) {
      if (any.contrary || (any.form && !any.answer)) return false;
      return !any.source || any.based || words.let_me;
    }
    if (any.contrary && any.answer && !any.based) return false;
    if (any.form && any.answer && words.says_in) return false;
    return !any.source || any.based || (!any.refers && !any.answer);
  }

  bool is_harmless(std::string_view sentence) const {
    const auto words = words_of(sentence, side_, subject_);
    if (has_other_marks(sentence, "")) return is_aside(sentence, words) && side_ == Side::before;
    if (words.count == 0) return !sentence.contains('?');
    if (sentence.contains('?') && side_ == Side::after && !words.any.offers) return false;
    return is_closed(words) || is_aside(sentence, words);
  }

  // About something else than the object.
  bool is_aside(std::string_view sentence, const Words& words) const {
    if (has_other_marks(sentence, "{}")) return false;
    if (!words.any.english || words.any.contrary || words.names_subject || has_number(sentence) ||
        sentence.contains(": ") || sentence.contains("\uFF1A") || trimmed(sentence).ends_with(':'))
      return false;
    if (words.any.refers) return false;
    if (side_ == Side::before) return true;
    // Behind, it must say what was done.
    return words.first.own && words.second.work && !words.any.states && says_one_thing(sentence);
  }

  // No name is named, and what is joined by a comma or "and" is one more thing that was done.
  bool says_one_thing(std::string_view sentence) const {
    bool one = true;
    bool joined = false;
    std::size_t end = 0;
    each_word(sentence, [&](std::string_view word) {
      const auto at = static_cast<std::size_t>(word.data() - sentence.data());
      joined = joined || sentence.substr(end, at - end).find_first_of(",;(-") != sentence.npos;
      const bool name = end > 0 && word.size() > 1 && lowered(word) != word;
      const bool is_and = word == "and";
      const auto traits = traits_of(word);
      one = one && !name && (!joined || is_and || traits.work || traits.known);
      joined = is_and;
      end = at + word.size();
    });
    return one;
  }

  // A number that is no reference such as "[1]".
  static bool has_number(std::string_view sentence) {
    bool found = false;
    each_word(sentence, [&](std::string_view word) {
      if (!has_digit(word)) return;
      const auto at = static_cast<std::size_t>(word.data() - sentence.data());
      const auto end = at + word.size();
      found = found || at == 0 || sentence[at - 1] != '[' || end >= sentence.size() ||
              sentence[end] != ']';
    });
    return found;
  }

  // The last sentence in front of the object.
  bool is_lead_in(const Sentence& sentence) const {
    const auto text = trimmed(sentence.text);
    const bool open = !sentence.ended || ends_with_any(trim(text, " \t*`_"), {":", "\uFF1A"});
    const auto words = words_of(text, side_, subject_);
    if (words.count == 0) return !has_other_marks(text, "(") && !text.contains('?');
    if (is_code(sentence)) return true;
    if (words.any.vague && words.any.answer) return false;
    if (open && (!is_heading_or_plain(text) || text.ends_with('-'))) return false;
    if (is_closed(words) && !has_other_marks(text, "")) return !open || words.introduces();
    // "The match has ended, so my answer is:"
    const auto clause = last_clause(text);
    if (clause.size() == text.size()) return false;
    const auto end = words_of(clause, side_, subject_);
    if (!is_closed(end) || !end.introduces() || has_other_marks(clause, "")) return false;
    const auto begin = text.substr(0, text.size() - clause.size());
    return is_yes(begin) || is_harmless(begin);
  }

  // "### Result", but no item of a list and no comment.
  static bool is_heading_or_plain(std::string_view text) {
    return !text.starts_with("- ") && !text.starts_with("* ") && !text.starts_with("--") &&
           !text.starts_with("# ");
  }

  // "const data =", "module.exports =", "callback(", "return": code names the object or passes it
  // on.
  static bool is_code(const Sentence& sentence) {
    auto text = trimmed(sentence.text);
    static constexpr std::array<std::string_view, 8> kWords = {
        "const", "let", "var", "export", "module", "return", "default", "exports"};
    const bool assigns = text.ends_with('=') || text.ends_with('(');
    if (!assigns && text != "return" && text != "export default") return false;
    if (sentence.ended) return false;
    if (assigns) text = trim(text.substr(0, text.size() - 1));
    if (text.empty() || end_of_word(text, text.size() - 1) != text.size()) return false;
    bool known =
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_. ") ==
        std::string_view::npos;
    each_word(text, [&known](std::string_view word) {
      known = known && (contains(kWords, word) || word == "callback" || traits_of(word).answer);
    });
    return known;
  }

  // "Ja, hier ist es:"
  static bool is_yes(std::string_view clause) {
    constexpr std::array<std::string_view, 12> kYes = {
        "yes", "yep", "ja", "oui", "si", "s\u00ED", "sim", "da", "tak", "ano", "evet", "да"};
    return contains(kYes, search_form_of(trim(clause, " \t,!*_")));
  }

  static std::string_view last_clause(std::string_view sentence) {
    std::size_t start = 0;
    for (const std::string_view mark : {"; ", ", ", "\uFF0C", "\u3001", "\uFF1B", "\u060C "}) {
      const auto found = sentence.rfind(mark);
      if (found != std::string_view::npos) start = std::max(start, found + mark.size());
    }
    return sentence.substr(start);
  }

  Side side_;
  const Subject& subject_;
};

}  // namespace

Subject::Subject(const Value& object) {
  add(object, 0);
}

void Subject::add(const Value& value, int depth) {
  constexpr int kDeepest = 32;
  constexpr std::size_t kMost = 20'000;  // words
  constexpr std::size_t kShort = 40;     // bytes of a value that a sentence may name
  names_all_ = names_all_ || depth > kDeepest || words_ > kMost;
  if (names_all_) return;
  if (const auto text = value.as_string(); text && text->size() <= kShort) {
    each_word(*text, [this](std::string_view word) {
      ++words_;
      if (!traits_of(word).known) values_.insert(stem_of(word));
    });
  } else if (const auto* items = value.as_array()) {
    for (const auto& item : *items) add(item, depth + 1);
  } else if (const auto* members = value.as_map()) {
    for (const auto& [key, member] : *members) {
      each_word(key.view(), [this](std::string_view word) {
        ++words_;
        keys_.insert(stem_of(word));
      });
      add(member, depth + 1);
    }
  }
}

bool Subject::names(std::string_view word, Side side) const {
  if (names_all_) return true;
  const auto stem = stem_of(word);
  return keys_.contains(stem) || (side == Side::after && values_.contains(stem));
}

std::optional<std::string> harm_in(std::string_view prose, Side side, const Subject& subject) {
  constexpr std::size_t kLongest = 64 << 10;
  if (trimmed(prose).empty()) return std::nullopt;
  if (prose.size() > kLongest) return "more text stands beside it than can be judged";
  Cleaner cleaner(prose, side, subject);
  auto text = cleaner.run();
  if (auto harm = cleaner.harm()) return harm;
  // Behind code: "callback({...});".
  std::string_view rest = text;
  if (side == Side::after && (rest.starts_with(");") || rest.starts_with(";")))
    rest.remove_prefix(rest.find(';') + 1);
  return Judge(side, subject).harm_in(rest);
}

}  // namespace gvm::text
