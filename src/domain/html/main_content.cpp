#include "html/main_content.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "html/content_names.h"
#include "html/content_scores.h"
#include "html/page_lines.h"

namespace gvm::html {

namespace {

// Shares of the page's good text.
constexpr double kMuch = 0.25;                // what one reason may not cut
constexpr double kNearlyAll = 0.75;           // of what a reason costs, in one block: it is doubted
constexpr double kGain = 0.1;                 // what a larger block must add to the chosen one
constexpr double kGainOutsideArticle = 0.75;  // when it holds an <article> around the chosen one
constexpr double kDirt = 0.15;                // bad text for each good one that it may add
constexpr double kArticleGain = 0.05;         // what an <article> around must add
constexpr double kMostInArticle = 0.6;        // of the chosen text, in an <article> inside
constexpr double kMostOfArticle = 1 / kMostInArticle;
constexpr double kMostOfBody = 1.2;   // how much more the text body around may hold
constexpr double kLeastOfBody = 0.8;  // how much of the chosen one the text body inside must hold
constexpr double kNameWeight = 0.25;
constexpr int kMostRounds = 6;  // of looking inside what was not cut

// Units of text.
constexpr std::uint32_t kShortestBody = 150;    // without links: of a block named as the text
constexpr std::uint32_t kEnough = 200;          // a content that needs no second attempt
constexpr std::uint32_t kShortPage = 600;       // all but certain boilerplate
constexpr std::uint32_t kLongestNotice = 1500;  // without links: of what is certain boilerplate
constexpr double kBeforeTitle = 80;             // good text above a title
constexpr std::uint32_t kLongestPointer = 150;  // of a paragraph that is one link elsewhere

constexpr double kMostLinksInPointer = 0.8;
constexpr double kMostLinksInBlock = 0.6;
constexpr std::array<double, 4> kShares = {1, 0.5, 0.25, 0.125};  // for the blocks around a line

enum class Trust : std::uint8_t { names, elements_only };

class Judge {
 public:
  Judge(const Document& document, const PageLines& page)
      : document_(document), page_(page), names_(document) {
    find_text_bodies();
  }

  // Of a short page all that is not certain boilerplate: that a notice is longer than the one line
  // that was wanted says nothing. Empty when the page is longer, has nothing else, or says what its
  // content is.
  std::optional<MainContent> run_short() {
    ContentScores scores(document_, page_);
    std::uint32_t in_articles = 0;
    std::uint32_t cut = 0;
    for (NodeId id = page_.top() + 1; id < document_.end(page_.top());) {
      if (page_.units_before(id) > kShortPage + cut) return std::nullopt;
      const bool has_text = document_.is_element(id) && page_.units(id) > 0;
      if (!has_text || !is_certain_boilerplate(id)) {
        if (document_.tag(id) == Tag::article) in_articles += page_.units(id);
        ++id;
        continue;
      }
      if (page_.plain(id) > kLongestNotice) return std::nullopt;
      scores.mark(id, Mark::cut);
      cut += page_.units(id);
      id = document_.end(id);
    }
    const std::uint32_t rest = page_.units(page_.top()) - cut;
    if (rest == 0 || rest > kShortPage || in_articles > rest / 2) return std::nullopt;
    MainContent out = answer(scores, page_.top());
    out.beside_text.clear();
    return out;
  }

  // The units of what is left are in units().
  MainContent run(Trust trust) {
    ContentScores scores(document_, page_);
    cut_boilerplate(scores, trust);
    const NodeId root = choose(scores);
    cut_links(scores, root);
    return answer(scores, root);
  }
  std::uint32_t units() const { return units_; }

 private:
  struct Doubt {
    NodeId id;
    std::size_t begin;  // its reasons in reasons_
    std::size_t end;
  };

  // Blocks whose name says that they are the text, and that hold some.
  void find_text_bodies() {
    weights_.assign(document_.size(), 0);
    is_body_.assign(document_.size(), false);
    bodies_before_.assign(document_.size() + 1, 0);
    contents_before_.assign(document_.size() + 1, 0);
    Names names;
    for (NodeId id = 0; id < document_.size(); ++id) {
      bodies_before_[id + 1] = bodies_before_[id];
      contents_before_[id + 1] = contents_before_[id];
      if (!document_.is_element(id) || page_.units(id) == 0) continue;
      names_.read(id, names);
      weights_[id] = static_cast<std::int8_t>(names.weight());
      is_body_[id] = names.text_body;
      const Tag tag = document_.tag(id);
      const bool says_so = tag == Tag::article || tag == Tag::main || tag == Tag::h1;
      if (says_so || names.text_body) ++contents_before_[id + 1];
      if (names.text_body && page_.plain(id) >= kShortestBody) ++bodies_before_[id + 1];
    }
  }

  bool holds_text_body(NodeId id) const {
    return bodies_before_[document_.end(id)] > bodies_before_[id];
  }

  // Cuts what looks like boilerplate, as far as no reason costs much of the text. A reason that
  // would is overruled, and what it spoke against is looked into without it.
  void cut_boilerplate(ContentScores& scores, Trust trust) {
    const double much = kMuch * scores.good(page_.top());
    overruled_.fill(false);
    std::vector<NodeId> inside = {page_.top()};
    for (int round = 0; round < kMostRounds && !inside.empty(); ++round) {
      std::vector<Doubt> doubts;
      reasons_.clear();
      cost_.fill(0);
      most_.fill(0);
      for (const NodeId id : inside) find_doubts(scores, trust, id, doubts);
      inside.clear();
      std::vector<Reason> beaten;
      for (const Doubt& doubt : doubts) {
        if (cut(scores, doubt, much)) continue;
        inside.push_back(doubt.id);
        beaten.insert(beaten.end(), reasons_.begin() + static_cast<std::ptrdiff_t>(doubt.begin),
                      reasons_.begin() + static_cast<std::ptrdiff_t>(doubt.end));
      }
      for (const Reason reason : beaten) overruled_[reason] = true;
      scores.add_up();
    }
  }

  // The outermost blocks inside of `around` that something speaks against.
  void find_doubts(const ContentScores& scores, Trust trust, NodeId around,
                   std::vector<Doubt>& doubts) {
    NodeId article_until = is_in_article(around) ? document_.end(around) : 0;
    for (NodeId id = around + 1; id < document_.end(around);) {
      if (!document_.is_element(id) || page_.is_hidden(id)) {
        id = document_.end(id);
        continue;
      }
      const Tag tag = document_.tag(id);
      const bool is_main = tag == Tag::article || tag == Tag::main;
      if (is_main) article_until = std::max(article_until, document_.end(id));
      const std::size_t begin = reasons_.size();
      if (!is_main) add_reasons(id, id < article_until, trust);
      if (reasons_.size() == begin) {
        ++id;
        continue;
      }
      for (std::size_t i = begin; i < reasons_.size(); ++i) {
        cost_[reasons_[i]] += scores.good(id);
        most_[reasons_[i]] = std::max(most_[reasons_[i]], scores.good(id));
      }
      doubts.push_back({id, begin, reasons_.size()});
      id = document_.end(id);
    }
  }

  bool is_certain_boilerplate(NodeId id) const {
    const Tag tag = document_.tag(id);
    if (is_control(tag) || tag == Tag::select || tag == Tag::dialog) return true;
    Reason role = 0;
    const bool by_role = names_.role(id, role) && is_certain(role);
    Names names;
    if (tag != Tag::footer && !by_role) names_.read(id, names);
    const bool by_name = names.weight() < 0 && std::ranges::any_of(names.boilerplate, is_certain);
    return (tag == Tag::footer || by_role || by_name) && !holds_content(id);
  }

  // In an element that says so.
  bool holds_content(NodeId id) const {
    return contents_before_[document_.end(id)] > contents_before_[id];
  }

  bool is_in_article(NodeId id) const {
    for (; id != kNoNode; id = document_.parent(id)) {
      if (document_.tag(id) == Tag::article || document_.tag(id) == Tag::main) return true;
    }
    return false;
  }

  void add_reasons(NodeId id, bool in_article, Trust trust) {
    const Tag tag = document_.tag(id);
    if (is_beside_content(tag) || (tag == Tag::header && !in_article)) {
      add_reason(reason_of(tag));
      return;
    }
    if (Reason reason = 0; names_.role(id, reason)) {
      add_reason(reason);
      return;
    }
    if (trust == Trust::elements_only || weights_[id] >= 0 || holds_text_body(id)) return;
    Names names;
    names_.read(id, names);
    for (const Reason reason : names.boilerplate) add_reason(reason);
  }

  void add_reason(Reason reason) {
    if (!overruled_[reason]) reasons_.push_back(reason);
  }

  static bool is_beside_content(Tag tag) {
    return tag == Tag::aside || tag == Tag::footer || tag == Tag::form || tag == Tag::fieldset ||
           tag == Tag::input || tag == Tag::dialog || tag == Tag::select || is_control(tag);
  }
  // Never content, however much it holds.
  static bool is_control(Tag tag) {
    return tag == Tag::nav || tag == Tag::button || tag == Tag::menu;
  }

  // False when its reasons cost too much; then it may be marked as doubted.
  bool cut(ContentScores& scores, const Doubt& doubt, double much) const {
    const std::span<const Reason> reasons(reasons_.data() + doubt.begin, doubt.end - doubt.begin);
    const bool costs_much = !is_control(document_.tag(doubt.id)) &&
                            std::ranges::all_of(reasons, [&](Reason r) { return cost_[r] > much; });
    if (!costs_much) {
      scores.mark(doubt.id, Mark::cut);
      return true;
    }
    // Many small blocks of one name are the paragraphs of the text; one large block may be the
    // footer of a short page. Readers' comments may be longer than the text.
    const bool in_one =
        std::ranges::all_of(reasons, [&](Reason r) { return most_[r] > cost_[r] * kNearlyAll; });
    const bool of_comments = std::ranges::any_of(reasons, is_of_comments);
    if ((in_one || of_comments) && document_.tag(doubt.id) != Tag::form) {
      scores.mark(doubt.id, Mark::doubted);
    }
    return false;
  }

  // The block around the lines that score best, as large as it stays clean.
  NodeId choose(const ContentScores& scores) const {
    const NodeId best = best_block(scores);
    NodeId root = grown(scores, best);
    for (NodeId at = root; at != kNoNode && at >= page_.top(); at = document_.parent(at)) {
      if (is_body_[at] && scores.good(at) <= kMostOfBody * scores.good(root)) {
        root = at;
        break;
      }
      if (document_.tag(at) == Tag::article &&
          scores.good(at) <= kMostOfArticle * scores.good(root) &&
          scores.good(at) > (1 + kArticleGain) * scores.good(root)) {
        root = at;
        break;
      }
    }
    return innermost_body(scores, root);
  }

  NodeId best_block(const ContentScores& scores) const {
    std::vector<double> points(document_.size(), 0);
    for (const Line& line : page_.lines()) {
      const double value = scores.good_before(line.first + 1) - scores.good_before(line.first);
      if (value <= 0) continue;
      NodeId at = holds_lines(document_.tag(line.block)) || line.block == page_.top()
                      ? line.block
                      : document_.parent(line.block);
      for (const double share : kShares) {
        if (at == kNoNode || at < page_.top()) break;
        points[at] += value * share;
        at = document_.parent(at);
      }
    }
    NodeId best = page_.top();
    double most = 0;
    for (NodeId id = page_.top(); id < document_.end(page_.top()); ++id) {
      if (points[id] <= 0) continue;
      const double score =
          points[id] * (1 - page_.link_share(id)) * (1 + kNameWeight * weights_[id]);
      if (score <= most) continue;
      most = score;
      best = id;
    }
    return best;
  }

  // Blocks that hold text of their own, rather than being paragraphs of the block around.
  static bool holds_lines(Tag tag) {
    return tag == Tag::div || tag == Tag::section || tag == Tag::article || tag == Tag::main ||
           tag == Tag::td || tag == Tag::body;
  }

  static bool is_part_of_block(Tag tag) {
    switch (tag) {
      case Tag::table:
      case Tag::thead:
      case Tag::tbody:
      case Tag::tr:
      case Tag::ul:
      case Tag::ol:
      case Tag::dl:
      case Tag::li:
      case Tag::p:
      case Tag::pre:
      case Tag::blockquote:
        return true;
      default:
        return false;
    }
  }

  NodeId grown(const ContentScores& scores, NodeId best) const {
    NodeId root = best;
    while (is_part_of_block(document_.tag(root)) && root > page_.top()) {
      root = document_.parent(root);
    }
    bool leaves_article = false;
    for (NodeId at = root; at > page_.top();) {
      leaves_article = leaves_article || document_.tag(at) == Tag::article;
      at = document_.parent(at);
      const double good = scores.good(at) - scores.good(root);
      const double bad = scores.bad(at) - scores.bad(root);
      const double least = leaves_article ? kGainOutsideArticle : kGain;
      if (good < least * scores.good(root) || bad > kDirt * good) continue;
      root = at;
      leaves_article = false;
    }
    return root;
  }

  // The <article> and the text body inside that hold most of it.
  NodeId innermost_body(const ContentScores& scores, NodeId root) const {
    for (NodeId id = root; id < document_.end(root); ++id) {
      const bool is_article = document_.tag(id) == Tag::article && !scores.is_cut(id) &&
                              scores.good(id) >= kMostInArticle * scores.good(root);
      const bool is_body = is_body_[id] && scores.good(id) >= kLeastOfBody * scores.good(root);
      if (is_article || is_body) root = id;
    }
    return root;
  }

  // Inside of the content: lists of links, and paragraphs that only point elsewhere.
  void cut_links(ContentScores& scores, NodeId root) const {
    for (NodeId id = root + 1; id < document_.end(root);) {
      const bool cut = !scores.is_cut(id) && is_list_of_links(scores, id);
      if (cut) scores.mark(id, Mark::cut);
      id = cut || scores.is_cut(id) ? document_.end(id) : id + 1;
    }
  }

  bool is_list_of_links(const ContentScores& scores, NodeId id) const {
    switch (document_.tag(id)) {
      case Tag::p:
        return page_.units(id) > 0 && page_.units(id) < kLongestPointer &&
               page_.link_share(id) > kMostLinksInPointer;
      case Tag::ul:
      case Tag::ol:
      case Tag::dl:
      case Tag::div:
      case Tag::section:
      case Tag::table:
      case Tag::form:
        return page_.units(id) > 0 && page_.link_share(id) > kMostLinksInBlock &&
               scores.good(id) <= 0 && !scores.holds_data_table(id);
      default:
        return false;
    }
  }

  MainContent answer(const ContentScores& scores, NodeId root) {
    MainContent out;
    out.roots = {root};
    out.skipped.assign(document_.size(), false);
    for (NodeId id = root + 1; id < document_.end(root); ++id) out.skipped[id] = scores.is_cut(id);
    out.skipped[root] = false;
    find_beside_text(scores, root, out);
    count(scores, root, out);
    return out;
  }

  void find_beside_text(const ContentScores& scores, NodeId root, MainContent& out) const {
    bool titled = false;
    for (NodeId id = root + 1; id < document_.end(root); ++id) {
      if (out.skipped[id]) continue;
      const Tag tag = document_.tag(id);
      const bool is_title = tag == Tag::h1 && !titled &&
                            scores.good_before(id) - scores.good_before(root) <= kBeforeTitle;
      titled = titled || tag == Tag::h1;
      if (is_title || tag == Tag::figcaption) out.beside_text.push_back(id);
    }
  }

  // Repeated lines go, and what is left is counted.
  void count(const ContentScores& scores, NodeId root, MainContent& out) {
    units_ = 0;
    for (const Line& line : page_.lines()) {
      if (line.first < root || line.last >= document_.end(root)) continue;
      if (scores.is_cut(line.first)) continue;
      if (!line.repeated) {
        units_ += line.units;
        continue;
      }
      for (NodeId id = line.first; id <= line.last; ++id) {
        if (document_.is_text(id)) out.skipped[id] = true;
      }
    }
    for (const NodeId id : out.beside_text) units_ -= std::min(units_, page_.units(id));
  }

  const Document& document_;
  const PageLines& page_;
  NameReader names_;
  std::vector<std::int8_t> weights_;
  std::vector<bool> is_body_;
  std::vector<std::uint32_t> bodies_before_;
  std::vector<std::uint32_t> contents_before_;  // elements that say that they are content
  std::vector<Reason> reasons_;
  std::array<bool, kReasonCount> overruled_{};
  std::array<double, kReasonCount> cost_{};  // good text under each reason
  std::array<double, kReasonCount> most_{};  // the largest block of it
  std::uint32_t units_ = 0;
};

}  // namespace

MainContent find_main_content(const Document& document) {
  const PageLines page(document);
  Judge judge(document, page);
  if (auto all = judge.run_short()) return std::move(*all);
  MainContent out = judge.run(Trust::names);
  std::uint32_t units = judge.units();
  if (units < kEnough) {
    MainContent other = judge.run(Trust::elements_only);
    if (judge.units() > units) {
      out = std::move(other);
      units = judge.units();
    }
  }
  if (units > 0) return out;
  out.roots = {page.top()};
  out.skipped.assign(document.size(), false);
  out.beside_text.clear();
  return out;
}

}  // namespace gvm::html
