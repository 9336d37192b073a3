#include "html/main_content.h"

#include <algorithm>
#include <array>
#include <span>

namespace gvm::html {

namespace {

// Weights and thresholds of the scoring; tuned on the samples of the tests.
constexpr double kClassWeight = 15;
constexpr std::size_t kShortestParagraph = 25;  // bytes of text that count
constexpr std::size_t kLongParagraph = 80;      // a sibling of the content that belongs to it
constexpr double kSiblingShare = 0.25;          // of the best score
constexpr double kMostLinksInParagraph = 0.25;  // share of a sibling's text
constexpr double kMostLinksInBlock = 0.6;       // more: a list of links, no content
constexpr double kMostLinksInMain = 0.5;
constexpr double kMostOfMain = 0.5;  // of its text, in one <article>

constexpr std::array<std::string_view, 48> kUnlikely = {
    "ad",        "ads",        "advert",      "advertisement", "aside",       "author-bio",
    "banner",    "breadcrumb", "breadcrumbs", "combx",         "comment",     "comments",
    "community", "consent",    "cookie",      "cookies",       "disqus",      "dropdown",
    "footer",    "gdpr",       "hidden",      "login",         "masthead",    "menu",
    "menubar",   "modal",      "nav",         "navbar",        "navigation",  "newsletter",
    "pager",     "pagination", "popup",       "promo",         "recommended", "related",
    "remark",    "share",      "sharing",     "sidebar",       "signup",      "skip",
    "social",    "sponsor",    "sponsored",   "subscribe",     "toolbar",     "widget"};
constexpr std::array<std::string_view, 12> kLikely = {"article", "blog",  "body",   "column",
                                                      "content", "entry", "hentry", "main",
                                                      "page",    "post",  "story",  "text"};
constexpr std::array<std::string_view, 9> kUnlikelyRoles = {
    "alert",  "alertdialog", "banner",     "complementary", "contentinfo",
    "dialog", "menu",        "navigation", "search"};

bool is_listed(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// Calls visit(word) for the words of a class or id: "postBody main-text" has four.
template <class F>
void each_word(std::string_view names, F&& visit) {
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) visit(std::string_view(word));
    word.clear();
  };
  constexpr std::size_t kLongest = 512;  // bytes of an attribute that are looked at
  for (const char c : names.substr(0, kLongest)) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool letter = upper || (c >= 'a' && c <= 'z');
    if (!letter || upper) end_word();
    if (letter) word += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  end_word();
}

class Judge {
 public:
  explicit Judge(const Document& document)
      : document_(document),
        visibility_(document),
        class_(document.atom("class")),
        id_(document.atom("id")),
        role_(document.atom("role")) {}

  MainContent run() {
    measure();
    score_paragraphs();
    MainContent out;
    out.roots = choose();
    skip_link_lists();
    out.skipped = std::move(skipped_);
    return out;
  }

 private:
  // Sums over all nodes before this one, so that a subtree's is a difference.
  struct Before {
    std::uint32_t text = 0;
    std::uint32_t linked = 0;
    std::uint32_t commas = 0;
  };

  NodeId top() const { return document_.body() == kNoNode ? document_.root() : document_.body(); }

  // Text lengths, and what is no content whatever is in it.
  void measure() {
    const NodeId size = document_.size();
    before_.resize(size + 1);
    skipped_.assign(size, false);
    scores_.assign(size, 0);
    NodeId hidden_until = 0;
    NodeId link_until = 0;
    NodeId article_until = 0;
    for (NodeId id = 0; id < size; ++id) {
      before_[id + 1] = before_[id];
      if (id < hidden_until) continue;
      if (document_.is_text(id)) {
        count_text(id, id < link_until);
      } else if (document_.is_element(id)) {
        const Tag tag = document_.tag(id);
        if (tag == Tag::a) link_until = std::max(link_until, document_.end(id));
        if (is_boilerplate(id, id < article_until)) {
          skipped_[id] = true;
          hidden_until = document_.end(id);
        } else if (tag == Tag::article || tag == Tag::main) {
          article_until = std::max(article_until, document_.end(id));
        }
      }
    }
  }

  void count_text(NodeId id, bool in_link) {
    const std::string_view text = document_.text(id);
    bool after_space = true;
    std::uint32_t bytes = 0;
    std::uint32_t commas = 0;
    for (const char c : text) {
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (!space || !after_space) ++bytes;
      after_space = space;
      if (c == ',') ++commas;
    }
    // Full-width and ideographic commas.
    for (std::size_t at = 0; (at = text.find("\xE3\x80\x81", at)) != std::string_view::npos; ++at) {
      ++commas;
    }
    Before& sums = before_[id + 1];
    sums.text += bytes;
    sums.commas += commas;
    if (in_link) sums.linked += bytes;
  }

  bool is_boilerplate(NodeId id, bool in_article) const {
    if (visibility_.hides(id)) return !is_ancestor_of_all(id);
    switch (document_.tag(id)) {
      case Tag::nav:
      case Tag::aside:
      case Tag::button:
      case Tag::select:
      case Tag::input:
      case Tag::menu:
        return true;
      case Tag::header:
      case Tag::footer:
        return !in_article;
      case Tag::html:
      case Tag::body:
      case Tag::article:
      case Tag::main:
        return false;
      default:
        break;
    }
    const auto role = document_.attribute(id, role_);
    if (role && is_listed(kUnlikelyRoles, *role)) return true;
    return is_block(document_.tag(id)) && name_weight(id) < 0;
  }

  bool is_ancestor_of_all(NodeId id) const {
    return document_.tag(id) == Tag::html || document_.tag(id) == Tag::body;
  }

  // Below 0 when class and id speak of boilerplate only.
  double name_weight(NodeId id) const {
    bool likely = false;
    bool unlikely = false;
    for (const Atom name : {class_, id_}) {
      const auto value = document_.attribute(id, name);
      if (!value) continue;
      each_word(*value, [&](std::string_view word) {
        likely = likely || is_listed(kLikely, word);
        unlikely = unlikely || is_listed(kUnlikely, word);
      });
    }
    if (likely) return unlikely ? 0 : kClassWeight;
    return unlikely ? -kClassWeight : 0;
  }

  std::uint32_t text_bytes(NodeId id) const {
    return before_[document_.end(id)].text - before_[id].text;
  }
  double link_share(NodeId id) const {
    const std::uint32_t bytes = text_bytes(id);
    if (bytes == 0) return 0;
    return static_cast<double>(before_[document_.end(id)].linked - before_[id].linked) / bytes;
  }

  static double tag_weight(Tag tag) {
    switch (tag) {
      case Tag::article:
      case Tag::main:
        return 10;
      case Tag::div:
      case Tag::section:
        return 5;
      case Tag::pre:
      case Tag::td:
      case Tag::blockquote:
        return 3;
      case Tag::form:
      case Tag::ul:
      case Tag::ol:
      case Tag::dl:
      case Tag::li:
      case Tag::address:
        return -3;
      default:
        return 0;
    }
  }

  // A block with text of its own gives points to the three elements around it.
  void score_paragraphs() {
    for (NodeId id = top(); id < document_.end(top());) {
      if (skipped_[id]) {
        id = document_.end(id);
        continue;
      }
      if (is_paragraph(id)) give_points(id);
      ++id;
    }
  }

  bool is_paragraph(NodeId id) const {
    switch (document_.tag(id)) {
      case Tag::p:
      case Tag::pre:
      case Tag::td:
      case Tag::blockquote:
        return text_bytes(id) >= kShortestParagraph;
      case Tag::div:
      case Tag::section:
      case Tag::li:
        return own_text(id) >= kShortestParagraph;
      default:
        return false;
    }
  }

  // Of its text children.
  std::uint32_t own_text(NodeId id) const {
    std::uint32_t bytes = 0;
    for (NodeId at = document_.first_child(id); at != kNoNode; at = document_.next_sibling(at)) {
      if (document_.is_text(at)) bytes += before_[at + 1].text - before_[at].text;
    }
    return bytes;
  }

  void give_points(NodeId id) {
    const std::uint32_t commas = before_[document_.end(id)].commas - before_[id].commas;
    const double points =
        (1 + commas + std::min(text_bytes(id) / 100.0, 3.0)) * (1 - link_share(id));
    NodeId at = document_.parent(id);
    for (const double share : {1.0, 0.5, 0.25}) {
      if (at == kNoNode || at < top()) return;
      if (scores_[at] == 0) scores_[at] = tag_weight(document_.tag(at)) + name_weight(at);
      scores_[at] += points * share;
      at = document_.parent(at);
    }
  }

  double final_score(NodeId id) const { return scores_[id] * (1 - link_share(id)); }

  std::vector<NodeId> choose() const {
    NodeId best = kNoNode;
    for (NodeId id = top(); id < document_.end(top()); ++id) {
      if (scores_[id] > 0 && (best == kNoNode || final_score(id) > final_score(best))) best = id;
    }
    if (best == kNoNode) return {top()};
    if (const NodeId around = semantic_parent(best); around != kNoNode) return {around};
    return with_siblings(best);
  }

  // The nearest <article> around, else <main> unless it is full of links.
  NodeId semantic_parent(NodeId id) const {
    for (NodeId at = id; at != kNoNode; at = document_.parent(at)) {
      const Tag tag = document_.tag(at);
      if (tag == Tag::article) return at;
      if (tag == Tag::main && link_share(at) < kMostLinksInMain) return only_article(at);
    }
    return kNoNode;
  }

  // The one <article> inside that has most of the text, else the element itself.
  NodeId only_article(NodeId around) const {
    for (NodeId id = around; id < document_.end(around); ++id) {
      const bool is_most = text_bytes(id) > text_bytes(around) * kMostOfMain;
      if (document_.tag(id) == Tag::article && !skipped_[id] && is_most) return id;
    }
    return around;
  }

  std::vector<NodeId> with_siblings(NodeId best) const {
    const NodeId parent = document_.parent(best);
    if (best == top() || parent == kNoNode) return {best};
    const double enough = std::max(10.0, final_score(best) * kSiblingShare);
    std::vector<NodeId> out;
    for (NodeId at = document_.first_child(parent); at != kNoNode;
         at = document_.next_sibling(at)) {
      if (at == best || (!skipped_[at] && belongs(at, enough))) out.push_back(at);
    }
    return out;
  }

  bool belongs(NodeId id, double enough) const {
    if (final_score(id) >= enough) return true;
    if (document_.tag(id) == Tag::h1) return true;
    return document_.tag(id) == Tag::p && text_bytes(id) > kLongParagraph &&
           link_share(id) < kMostLinksInParagraph;
  }

  // Blocks inside the content that are links for the most part: "related", "more from".
  void skip_link_lists() {
    for (NodeId id = top(); id < document_.end(top()); ++id) {
      switch (document_.tag(id)) {
        case Tag::ul:
        case Tag::ol:
        case Tag::div:
        case Tag::section:
        case Tag::table:
        case Tag::form:
          if (scores_[id] <= 0 && text_bytes(id) >= kShortestParagraph &&
              link_share(id) > kMostLinksInBlock) {
            skipped_[id] = true;
          }
          break;
        default:
          break;
      }
    }
  }

  const Document& document_;
  Visibility visibility_;
  Atom class_;
  Atom id_;
  Atom role_;
  std::vector<Before> before_;
  std::vector<double> scores_;
  Skipped skipped_;
};

}  // namespace

MainContent find_main_content(const Document& document) {
  return Judge(document).run();
}

}  // namespace gvm::html
