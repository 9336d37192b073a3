#include "html/page_lines.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "html/visible_text.h"

namespace gvm::html {

namespace {

constexpr std::uint32_t kShortestRepeated = 30;  // units; shorter lines repeat by chance

struct Amount {
  std::uint32_t units = 0;
  std::uint32_t stops = 0;
};

// Bytes of the UTF-8 character that starts with this byte.
std::size_t length_of(unsigned char lead) {
  if (lead < 0xC0) return 1;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

bool is_ascii_stop(char c) {
  return c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?';
}

// Stops of other scripts: ideographic and full-width ones, the Arabic comma, semicolon and question
// mark, the danda, the Armenian full stop, the ellipsis.
bool is_wide_stop(std::string_view character) {
  constexpr std::array<std::string_view, 13> kStops = {
      "\xE3\x80\x81", "\xE3\x80\x82", "\xEF\xBC\x8C", "\xEF\xBC\x81", "\xEF\xBC\x9F",
      "\xEF\xBC\x9B", "\xEF\xBC\x9A", "\xD8\x8C",     "\xD8\x9B",     "\xD8\x9F",
      "\xE0\xA5\xA4", "\xD6\x89",     "\xE2\x80\xA6"};
  return std::ranges::find(kStops, character) != kStops.end();
}

// Kana, ideographs, Hangul, full-width forms, and all beyond the basic plane.
bool is_wide(unsigned char lead) {
  return lead >= 0xE3;
}

Amount amount_of(std::string_view text) {
  Amount out;
  bool after_space = true;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t space = leading_space(text.substr(i, 2))) {
      if (!after_space) ++out.units;
      after_space = true;
      i += space;
      continue;
    }
    after_space = false;
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = length_of(lead);
    out.units += is_wide(lead) ? 2 : 1;
    const bool stops = size == 1 ? is_ascii_stop(text[i]) : is_wide_stop(text.substr(i, size));
    if (stops) ++out.stops;
    i += size;
  }
  return out;
}

// From how many units on it is not by chance that a text stands twice. Other elements than
// paragraphs repeat shorter ones: galleries and players their captions.
bool may_repeat(Tag block, std::uint32_t units) {
  constexpr std::uint32_t kLongParagraph = 150;
  switch (block) {
    case Tag::p:
      return units >= kLongParagraph;
    case Tag::li:
    case Tag::pre:
    case Tag::td:
    case Tag::dd:
    case Tag::blockquote:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool separates_lines(const Document& document, NodeId id) {
  const Tag tag = document.tag(id);
  return is_block(tag) || tag == Tag::td || tag == Tag::th ||
         (tag == Tag::unknown && document.is_html(id));
}

PageLines::PageLines(const Document& document)
    : document_(document), top_(document.body() == kNoNode ? document.root() : document.body()) {
  measure();
  mark_repeated();
}

double PageLines::link_share(NodeId id) const {
  const std::uint32_t all = units(id);
  return all == 0 ? 0 : static_cast<double>(linked(id)) / all;
}

void PageLines::measure() {
  const Visibility visibility(document_);
  const NodeId size = document_.size();
  text_.assign(size + 1, 0);
  links_.assign(size + 1, 0);
  hidden_.assign(size, false);
  NodeId hidden_until = 0;
  NodeId link_until = 0;
  for (NodeId id = 0; id < size; ++id) {
    text_[id + 1] = text_[id];
    links_[id + 1] = links_[id];
    if (id < hidden_until || id < top_) continue;
    while (!open_.empty() && document_.end(open_.back()) <= id) {
      end_line();
      open_.pop_back();
    }
    const bool is_top = id == top_;
    if (document_.is_text(id)) {
      if (!visibility.hides(id)) add_text(id, id < link_until);
    } else if (document_.is_element(id) || is_top) {
      if (!is_top && visibility.hides(id)) {
        hidden_[id] = true;
        hidden_until = document_.end(id);
        continue;
      }
      if (document_.tag(id) == Tag::a) link_until = std::max(link_until, document_.end(id));
      if (is_top || separates_lines(document_, id)) {
        end_line();
        open_.push_back(id);
      }
    }
  }
  end_line();
}

void PageLines::add_text(NodeId id, bool in_link) {
  const Amount amount = amount_of(document_.text(id));
  if (amount.units == 0) return;
  text_[id + 1] += amount.units;
  if (in_link) links_[id + 1] += amount.units;
  if (line_.units == 0) {
    line_.first = id;
    line_.block = open_.empty() ? top_ : open_.back();
  }
  line_.last = id;
  line_.units += amount.units;
  line_.stops += amount.stops;
  if (in_link) line_.linked += amount.units;
}

void PageLines::end_line() {
  if (line_.units > 0) lines_.push_back(line_);
  line_ = {};
}

void PageLines::mark_repeated() {
  std::unordered_set<std::uint64_t> seen;
  for (Line& line : lines_) {
    if (line.units < kShortestRepeated) continue;
    const bool is_new = seen.insert(fingerprint(line)).second;
    line.repeated = !is_new && !may_repeat(document_.tag(line.block), line.units);
  }
}

// FNV-1a of its characters but white space.
std::uint64_t PageLines::fingerprint(const Line& line) const {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (NodeId id = line.first; id <= line.last; ++id) {
    if (!document_.is_text(id) || text_[id + 1] == text_[id]) continue;
    const std::string_view text = document_.text(id);
    for (std::size_t i = 0; i < text.size();) {
      if (const std::size_t space = leading_space(text.substr(i, 2))) {
        i += space;
        continue;
      }
      hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001b3U;
      ++i;
    }
  }
  return hash;
}

}  // namespace gvm::html
