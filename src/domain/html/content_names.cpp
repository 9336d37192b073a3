#include "html/content_names.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/ascii.h"

namespace gvm::html {

namespace {

using Words = std::span<const std::string_view>;

// All lists are sorted: they are searched by halves.
constexpr auto kBoilerplate = std::to_array<std::string_view>({"ad",
                                                               "addthis",
                                                               "ads",
                                                               "advert",
                                                               "advertisement",
                                                               "adverts",
                                                               "author",
                                                               "authors",
                                                               "banner",
                                                               "bio",
                                                               "breadcrumb",
                                                               "breadcrumbs",
                                                               "byline",
                                                               "callout",
                                                               "caption",
                                                               "captions",
                                                               "carousel",
                                                               "combx",
                                                               "comment",
                                                               "commentlist",
                                                               "comments",
                                                               "community",
                                                               "consent",
                                                               "cookie",
                                                               "cookies",
                                                               "copyright",
                                                               "credit",
                                                               "credits",
                                                               "dateline",
                                                               "disclaimer",
                                                               "disqus",
                                                               "donate",
                                                               "donation",
                                                               "dropdown",
                                                               "feedback",
                                                               "follow",
                                                               "footer",
                                                               "gallery",
                                                               "gdpr",
                                                               "hidden",
                                                               "infobox",
                                                               "legal",
                                                               "links",
                                                               "login",
                                                               "masthead",
                                                               "menu",
                                                               "menubar",
                                                               "modal",
                                                               "more",
                                                               "nav",
                                                               "navbar",
                                                               "navigation",
                                                               "newsletter",
                                                               "outbrain",
                                                               "pager",
                                                               "pagination",
                                                               "paywall",
                                                               "popular",
                                                               "popup",
                                                               "previous",
                                                               "promo",
                                                               "promoted",
                                                               "promotion",
                                                               "rating",
                                                               "ratings",
                                                               "readmore",
                                                               "recommendation",
                                                               "recommendations",
                                                               "recommended",
                                                               "related",
                                                               "replies",
                                                               "reply",
                                                               "respond",
                                                               "share",
                                                               "sharebar",
                                                               "shares",
                                                               "sharing",
                                                               "sidebar",
                                                               "signup",
                                                               "similar",
                                                               "skip",
                                                               "slideshow",
                                                               "social",
                                                               "socials",
                                                               "sponsor",
                                                               "sponsored",
                                                               "subscribe",
                                                               "subscription",
                                                               "subscriptions",
                                                               "taboola",
                                                               "tag",
                                                               "taglist",
                                                               "tags",
                                                               "teaser",
                                                               "teasers",
                                                               "timestamp",
                                                               "toolbar",
                                                               "trending",
                                                               "utility",
                                                               "widget",
                                                               "widgets"});
constexpr auto kComments =
    std::to_array<std::string_view>({"comment", "commentlist", "comments", "disqus"});
constexpr auto kCertain = std::to_array<std::string_view>(
    {"breadcrumb", "breadcrumbs", "consent", "cookie", "cookies", "footer", "gdpr", "menu",
     "menubar", "nav", "navbar", "navigation", "share", "sharebar", "sharing", "skip", "social"});
constexpr auto kCertainRoles = std::to_array<std::string_view>(
    {"alertdialog", "contentinfo", "dialog", "menu", "navigation", "search"});
// These stay what they are beside a word of content: "related-posts", "entry-footer".
constexpr auto kStrong = std::to_array<std::string_view>(
    {"author",      "bio",      "breadcrumb", "breadcrumbs", "comment",
     "commentlist", "comments", "consent",    "cookie",      "cookies",
     "disqus",      "footer",   "menu",       "nav",         "navigation",
     "newsletter",  "outbrain", "pagination", "popular",     "recommendations",
     "recommended", "related",  "share",      "sharing",     "sidebar",
     "signup",      "social",   "sponsored",  "subscribe",   "taboola",
     "tags",        "trending"});
constexpr auto kContent = std::to_array<std::string_view>(
    {"article", "articles", "blog", "body", "column", "content", "contents", "entry", "hentry",
     "main", "page", "paragraph", "post", "posts", "single", "story", "text"});
// A name that begins so tells what the element has or does, not what it is.
constexpr auto kNoName =
    std::to_array<std::string_view>({"has", "hide", "is", "js", "no", "show", "with", "without"});
// A name that ends so tells a state: "comments-open".
constexpr auto kStates = std::to_array<std::string_view>(
    {"active", "closed", "count", "disabled", "enabled", "number", "off", "on", "open"});
constexpr auto kRoles =
    std::to_array<std::string_view>({"alert", "alertdialog", "banner", "complementary",
                                     "contentinfo", "dialog", "menu", "navigation", "search"});
// Whole names that the systems in use give to the text of an article.
constexpr auto kTextBody = std::to_array<std::string_view>(
    {"article-body",     "article-content",    "article-main",   "article-text",
     "article__body",    "article__content",   "article_body",   "article_content",
     "articlebody",      "articlebodycontent", "articlecontent", "articletext",
     "blog-content",     "body-content",       "body-text",      "content-article",
     "content-body",     "entry-content",      "entry_content",  "entrycontent",
     "field--name-body", "field-name-body",    "main-content",   "news-body",
     "news-content",     "page-content",       "post-body",      "post-content",
     "post-entry",       "post-text",          "post__content",  "post_content",
     "postcontent",      "single-content",     "story-body",     "story-content",
     "story-text",       "story_body",         "storybody",      "text-content"});

static_assert(std::ranges::is_sorted(kBoilerplate) && kBoilerplate.size() <= kMostWords);
static_assert(std::ranges::is_sorted(kComments) && std::ranges::is_sorted(kContent));
static_assert(std::ranges::is_sorted(kNoName) && std::ranges::is_sorted(kTextBody));
static_assert(std::ranges::is_sorted(kStrong) && std::ranges::is_sorted(kStates));
static_assert(std::ranges::is_sorted(kCertain) && std::ranges::is_sorted(kCertainRoles));
static_assert(std::ranges::is_sorted(kRoles) && kRoles.size() <= kMostRoles);

constexpr std::size_t kLongestNames = 512;   // bytes of an attribute that are looked at
constexpr std::size_t kLongestName = 40;     // bytes; longer ones are made by programs
constexpr std::size_t kMostWordsOfName = 5;  // more: an id made of a heading

bool is_listed(Words words, std::string_view word) {
  return std::ranges::binary_search(words, word);
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z');
}

// The words of one name in lower case: "postBody-HTMLText" has post, body, html and text.
class NameWords {
 public:
  explicit NameWords(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) lower_[i] = to_lower(name[i]);
    for (std::size_t i = 0; i < name.size();) {
      if (!is_letter(name[i])) {
        ++i;
        continue;
      }
      const std::size_t end = word_end(name, i);
      if (count_ == kMostWordsOfName) {
        count_ = 0;
        return;
      }
      words_[count_++] = std::string_view(lower_.data() + i, end - i);
      i = end;
    }
  }
  Words words() const { return {words_.data(), count_}; }

 private:
  static std::size_t word_end(std::string_view name, std::size_t begin) {
    std::size_t i = begin;
    while (i < name.size() && is_upper(name[i])) ++i;
    const std::size_t capitals = i - begin;
    while (i < name.size() && is_letter(name[i]) && !is_upper(name[i])) ++i;
    const bool has_small = i > begin + capitals;
    // "HTMLText": the last capital begins the next word.
    return capitals > 1 && has_small ? begin + capitals - 1 : i;
  }

  std::array<char, kLongestName> lower_{};
  std::array<std::string_view, kMostWordsOfName> words_;
  std::size_t count_ = 0;
};

void add_reason(std::vector<Reason>& reasons, std::string_view word) {
  const auto at = std::ranges::lower_bound(kBoilerplate, word);
  if (at == kBoilerplate.end() || *at != word) return;
  const auto reason = static_cast<Reason>(at - kBoilerplate.begin());
  if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
}

void read_name(std::string_view name, Names& out) {
  if (name.size() > kLongestName) return;
  const NameWords split(name);
  const Words words = split.words();
  out.text_body = out.text_body || is_listed(kTextBody, lowered(name));
  if (words.empty() || is_listed(kNoName, words[0])) return;
  if (words.size() > 1 && is_listed(kStates, words.back())) return;
  bool of_comments = false;
  bool is_strong = false;
  bool of_content = false;
  for (const std::string_view word : words) {
    of_comments = of_comments || is_listed(kComments, word);
    is_strong = is_strong || is_listed(kStrong, word);
    of_content = of_content || is_listed(kContent, word);
    add_reason(out.boilerplate, word);
  }
  out.comments = out.comments || of_comments;
  out.content = out.content || (of_content && !is_strong);
}

}  // namespace

bool is_of_comments(Reason reason) {
  return reason < kBoilerplate.size() && is_listed(kComments, kBoilerplate[reason]);
}

bool is_certain(Reason reason) {
  if (reason < kBoilerplate.size()) return is_listed(kCertain, kBoilerplate[reason]);
  if (reason < kMostWords || reason >= kMostWords + kRoles.size()) return false;
  return is_listed(kCertainRoles, kRoles[reason - kMostWords]);
}

NameReader::NameReader(const Document& document)
    : document_(document),
      class_(document.atom("class")),
      id_(document.atom("id")),
      role_(document.atom("role")),
      itemprop_(document.atom("itemprop")) {}

void NameReader::read(NodeId id, Names& out) const {
  constexpr std::string_view kSpaces = " \t\n\f\r";
  out.boilerplate.clear();
  out.content = out.comments = out.text_body = false;
  const std::size_t count = document_.attribute_count(id);
  for (std::size_t i = 0; i < count; ++i) {
    const Attribute& attribute = document_.attribute(id, i);
    if (attribute.name == itemprop_) {
      const std::string_view value = document_.attribute_value(attribute);
      if (value == "articleBody" || value == "articlebody") out.text_body = true;
    }
    if (attribute.name != class_ && attribute.name != id_) continue;
    std::string_view rest = document_.attribute_value(attribute).substr(0, kLongestNames);
    while (!rest.empty()) {
      const std::size_t begin = std::min(rest.find_first_not_of(kSpaces), rest.size());
      const std::size_t end = std::min(rest.find_first_of(kSpaces, begin), rest.size());
      if (end > begin) read_name(rest.substr(begin, end - begin), out);
      rest.remove_prefix(end);
    }
  }
}

bool NameReader::role(NodeId id, Reason& out) const {
  const auto value = document_.attribute(id, role_);
  if (!value) return false;
  const auto at = std::ranges::lower_bound(kRoles, *value);
  if (at == kRoles.end() || *at != *value) return false;
  out = static_cast<Reason>(kMostWords + static_cast<std::size_t>(at - kRoles.begin()));
  return true;
}

}  // namespace gvm::html
