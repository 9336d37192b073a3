#include "html/byline.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/ascii.h"
#include "base/encoding.h"
#include "html/visible_text.h"

namespace gvm::html {

namespace {

constexpr std::size_t kLongestAuthor = 120;  // bytes
constexpr std::size_t kLongestDate = 64;
constexpr std::uint64_t kMostWeight = 512;  // of a byline: nodes and bytes by eights; more: a block

// Words before a name, in lower case; those of letters need a space or colon behind them.
constexpr std::array<std::string_view, 20> kBy = {
    "written by", "posted by", "by",    "von",   "par",  "por", "di",   "door", "af",  "av",
    "autor",      "autor:",    "автор", "текст", "作者", "文",  "記者", "بقلم", "โดย", "撰文"};

std::string_view without_prefix(std::string_view text) {
  const std::string lower = lowered(text);
  for (const std::string_view word : kBy) {
    if (!lower.starts_with(word)) continue;
    const std::string_view rest = text.substr(word.size());
    const bool ends_here = rest.starts_with(' ') || rest.starts_with(':') ||
                           rest.starts_with("：") || rest.starts_with("／") ||
                           rest.starts_with('/');
    if (!ends_here) continue;
    std::size_t begin = 0;
    while (begin < rest.size()) {
      if (rest[begin] == ' ' || rest[begin] == ':' || rest[begin] == '/') {
        ++begin;
      } else if (rest.substr(begin).starts_with("：") || rest.substr(begin).starts_with("／")) {
        begin += 3;
      } else {
        break;
      }
    }
    return rest.substr(begin);
  }
  return text;
}

bool has_word(std::string_view names, std::string_view word) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find_first_of(" \t\n\f\r"), names.size());
    if (lowered(names.substr(0, end)) == word) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

bool is_one_of(std::string_view names, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return has_word(names, word); });
}

// How much an element says that it names the author: 0 not at all.
enum class Rank : std::uint8_t { none, name, byline, author_link, microdata };

class Reader {
 public:
  explicit Reader(const Document& document)
      : document_(document),
        class_(document.atom("class")),
        itemprop_(document.atom("itemprop")),
        rel_(document.atom("rel")) {}

  Byline read() {
    for (NodeId id = 0; id < document_.size(); ++id) {
      if (!document_.is_element(id)) continue;
      const std::string_view item = attribute(id, itemprop_);
      const std::string_view names = attribute(id, class_).substr(0, 512);
      author(id, item, names);
      date(id, item, names);
    }
    return std::move(out_);
  }

 private:
  std::string_view attribute(NodeId id, Atom name) const {
    return name == kNoAtom ? std::string_view()
                           : document_.attribute(id, name).value_or(std::string_view());
  }

  void author(NodeId id, std::string_view item, std::string_view names) {
    const Rank rank = rank_of(id, item, names);
    if (rank <= best_) return;
    std::string name = author_name(text_of(id));
    if (name.empty()) return;
    best_ = rank;
    out_.author = std::move(name);
  }

  Rank rank_of(NodeId id, std::string_view item, std::string_view names) const {
    if (has_word(item, "author")) return Rank::microdata;
    if (has_word(attribute(id, rel_), "author")) return Rank::author_link;
    if (names.empty()) return Rank::none;
    if (is_one_of(names, {"byline", "byline-name", "p-author", "byline__name", "article-byline",
                          "post-byline", "entry-author", "by-author", "byline-author"})) {
      return Rank::byline;
    }
    if (is_one_of(names, {"author", "author-name", "post-author", "author__name", "article-author",
                          "authorname", "article__author", "post__author"})) {
      return Rank::name;
    }
    return Rank::none;
  }

  // Of a byline with microdata or a link in it, only the name.
  std::string text_of(NodeId id) const {
    const std::string_view content = document_.attribute(id, "content").value_or("");
    if (!content.empty()) return std::string(content);
    if (document_.weight(id) > kMostWeight) return {};
    for (NodeId at = id + 1; at < document_.end(id); ++at) {
      if (!document_.is_element(at)) continue;
      const bool is_name = has_word(attribute(at, itemprop_), "name") ||
                           has_word(attribute(at, rel_), "author") ||
                           is_one_of(attribute(at, class_), {"fn", "author-name", "byline-name"});
      if (!is_name) continue;
      if (const auto value = document_.attribute(at, "content"); value && !value->empty()) {
        return std::string(*value);
      }
      return visible_line(document_, at);
    }
    return visible_line(document_, id);
  }

  void date(NodeId id, std::string_view item, std::string_view names) {
    const bool is_time = document_.tag(id) == Tag::time;
    const bool published =
        has_word(item, "datePublished") || has_word(item, "datepublished") ||
        (is_time && document_.attribute(id, "pubdate")) ||
        is_one_of(names, {"dt-published", "published", "entry-date", "post-date", "pubdate"});
    const bool modified = has_word(item, "dateModified") || has_word(item, "datemodified") ||
                          is_one_of(names, {"dt-updated", "updated", "modified"});
    // "entry-date published updated" is one date for both.
    if (published) set(out_.published, id, is_time);
    if (modified) set(out_.modified, id, is_time);
  }

  void set(std::string& field, NodeId id, bool is_time) const {
    if (!field.empty()) return;
    for (const std::string_view name : {"datetime", "content"}) {
      if (const auto value = document_.attribute(id, name); value && !value->empty()) {
        field = one_line(to_valid_utf8(value->substr(0, kLongestDate)));
        return;
      }
    }
    if (document_.weight(id) > kMostWeight) return;
    if (document_.tag(id) == Tag::abbr) {
      field = one_line(document_.attribute(id, "title").value_or("").substr(0, kLongestDate));
    }
    if (!field.empty()) return;
    const std::string text = visible_line(document_, id);
    const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const bool has_inner = !is_time && contains_time(id);
    if (has_digit && !has_inner && text.size() <= kLongestDate) field = text;
  }

  // Then that element says it better.
  bool contains_time(NodeId id) const {
    for (NodeId at = id + 1; at < document_.end(id); ++at) {
      if (document_.tag(at) == Tag::time) return true;
    }
    return false;
  }

  const Document& document_;
  Atom class_;
  Atom itemprop_;
  Atom rel_;
  Byline out_;
  Rank best_ = Rank::none;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string author_name(std::string_view text) {
  std::string name = one_line(to_valid_utf8(text.substr(0, 4 * kLongestAuthor)));
  std::string_view rest = without_prefix(name);
  for (const std::string_view end : {"|", "•", "·", "–", "—", " - ", "\n", " @"}) {
    rest = rest.substr(0, rest.find(end));
  }
  // A date behind the name.
  const auto digit = std::ranges::find_if(rest, is_digit);
  if (digit != rest.end()) {
    const auto size = static_cast<std::size_t>(digit - rest.begin());
    const std::size_t comma = rest.substr(0, size).find_last_of(",(");
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
  }
  rest = trim(rest, " ,;:");
  const bool is_address = rest.find("://") != std::string_view::npos;
  return rest.size() > kLongestAuthor || is_address ? std::string() : std::string(rest);
}

Byline read_byline(const Document& document) {
  return Reader(document).read();
}

std::string date_of_path(std::string_view path) {
  // "/2024/05/06/", or with hyphens.
  constexpr std::string_view kForm = "dddd-dd-dd";
  for (std::size_t at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
    const std::string_view piece = path.substr(at + 1, kForm.size());
    if (piece.size() < kForm.size()) return {};
    bool fits = piece[4] == piece[7];
    for (std::size_t i = 0; i < kForm.size(); ++i) {
      const bool mark = piece[i] == '/' || piece[i] == '-';
      fits = fits && (kForm[i] == 'd' ? is_digit(piece[i]) : mark);
    }
    const std::string_view behind = path.substr(at + 1 + kForm.size());
    fits = fits && (behind.empty() || !is_digit(behind[0]));
    const bool is_year = piece.starts_with("19") || piece.starts_with("20");
    const std::string_view month = fits ? piece.substr(5, 2) : std::string_view();
    const std::string_view day = fits ? piece.substr(8, 2) : std::string_view();
    if (fits && is_year && month >= "01" && month <= "12" && day >= "01" && day <= "31") {
      return std::string(piece.substr(0, 4)) + '-' + std::string(month) + '-' + std::string(day);
    }
  }
  return {};
}

}  // namespace gvm::html
