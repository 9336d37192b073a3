#include "html/visible_text.h"

#include <algorithm>
#include <array>

namespace gvm::html {

namespace {

constexpr int kMostLineBreaks = 2;  // in a row: one empty line

bool is_hidden_in_svg(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {"defs",  "desc",   "metadata", "script",
                                                      "style", "symbol", "title"};
  return std::ranges::binary_search(kNames, name);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\f\r";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

bool is_word(std::string_view text, std::string_view lower_word) {
  text = text.substr(0, text.find_first_of(" \t\n\f\r!"));
  return std::ranges::equal(text, lower_word, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

// "display: none" or "visibility: hidden" in a style attribute.
bool style_hides(std::string_view style) {
  while (!style.empty()) {
    const std::size_t end = std::min(style.find(';'), style.size());
    const std::string_view declaration = style.substr(0, end);
    style.remove_prefix(std::min(end + 1, style.size()));
    const std::size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view property = trimmed(declaration.substr(0, colon));
    const std::string_view value = trimmed(declaration.substr(colon + 1));
    if (is_word(property, "display") && is_word(value, "none")) return true;
    if (is_word(property, "visibility") &&
        (is_word(value, "hidden") || is_word(value, "collapse"))) {
      return true;
    }
  }
  return false;
}

class TextWriter {
 public:
  void text(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      if (const std::size_t space = leading_space(text.substr(i))) {
        space_ = true;
        i += space;
        continue;
      }
      const std::size_t begin = i;
      while (i < text.size() && leading_space(text.substr(i)) == 0) ++i;
      flush();
      out_ += text.substr(begin, i - begin);
    }
  }

  void preformatted(std::string_view text) {
    if (text.empty()) return;
    flush();
    out_ += text;
  }

  void line_break() { breaks_ = std::min(kMostLineBreaks, breaks_ + 1); }
  // At least so many. Not between the start of a cell and its text.
  void require_breaks(int count) {
    if (tabs_ == 0) breaks_ = std::max(breaks_, count);
  }
  void begin_row() {
    tabs_ = 0;
    require_breaks(1);
    row_ = out_.size();
  }
  void end_row() {
    tabs_ = 0;
    if (out_.size() > row_) breaks_ = 0;  // those of paragraphs in its last cell
    require_breaks(1);
  }
  void next_cell() {
    if (out_.size() > row_) breaks_ = 0;
    ++tabs_;
  }

  std::string take() {
    trim_line();
    while (out_.ends_with('\n')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void trim_line() {
    while (out_.ends_with(' ')) out_.pop_back();
  }

  void flush() {
    if (breaks_ > 0 && !out_.empty()) {
      trim_line();
      const std::size_t last = out_.find_last_not_of('\n');
      const int there = static_cast<int>(out_.size() - (last == std::string::npos ? 0 : last + 1));
      if (breaks_ > there) out_.append(static_cast<std::size_t>(breaks_ - there), '\n');
    } else if (tabs_ == 0 && space_ && !out_.empty() && !out_.ends_with('\n') &&
               !out_.ends_with('\t')) {
      out_ += ' ';
    }
    out_.append(static_cast<std::size_t>(tabs_), '\t');
    breaks_ = 0;
    tabs_ = 0;
    space_ = false;
  }

  std::string out_;
  bool space_ = false;
  int breaks_ = 0;
  int tabs_ = 0;  // cells begun since the last text of the row
  std::size_t row_ = 0;
};

int breaks_around(Tag tag) {
  if (tag == Tag::p || heading_level(tag) != 0) return 2;
  return is_block(tag) ? 1 : 0;
}

bool is_preformatted(Tag tag) {
  return tag == Tag::pre || tag == Tag::listing || tag == Tag::xmp || tag == Tag::plaintext;
}

bool is_cell(Tag tag) {
  return tag == Tag::td || tag == Tag::th;
}

class TextRun {
 public:
  TextRun(const Document& document, const Skipped* skipped)
      : document_(document), visibility_(document), skipped_(skipped) {}

  void add(NodeId root) {
    walk(
        document_, root, [this](NodeId id) { return enter(id); }, [this](NodeId id) { leave(id); });
  }
  std::string take() { return writer_.take(); }
  void paragraph() { writer_.require_breaks(2); }

 private:
  bool enter(NodeId id) {
    if (skipped_ != nullptr && (*skipped_)[id]) return false;
    if (document_.is_text(id)) return write(id), false;
    if (document_.type(id) == NodeType::comment || visibility_.hides(id)) return false;
    const Tag tag = document_.tag(id);
    if (tag == Tag::br) return writer_.line_break(), false;
    if (is_preformatted(tag)) ++preformatted_;
    if (tag == Tag::tr) {
      writer_.begin_row();
    } else if (is_cell(tag) && document_.previous_element(id) != kNoNode) {
      writer_.next_cell();
    } else if (const int breaks = breaks_around(tag)) {
      writer_.require_breaks(breaks);
    }
    return true;
  }

  void leave(NodeId id) {
    const Tag tag = document_.tag(id);
    if (is_preformatted(tag)) --preformatted_;
    if (tag == Tag::tr) {
      writer_.end_row();
    } else if (const int breaks = breaks_around(tag)) {
      writer_.require_breaks(breaks);
    }
  }

  void write(NodeId id) {
    const NodeId parent = document_.parent(id);
    if (parent != kNoNode && visibility_.hides(id)) return;
    if (preformatted_ > 0) {
      writer_.preformatted(document_.text(id));
    } else {
      writer_.text(document_.text(id));
    }
  }

  const Document& document_;
  Visibility visibility_;
  const Skipped* skipped_;
  TextWriter writer_;
  int preformatted_ = 0;
};

}  // namespace

Visibility::Visibility(const Document& document)
    : document_(document),
      hidden_(document.atom("hidden")),
      style_(document.atom("style")),
      open_(document.atom("open")) {}

bool Visibility::hides(NodeId id) const {
  const NodeId parent = document_.parent(id);
  const bool in_closed = parent != kNoNode && document_.tag(parent) == Tag::details &&
                         document_.tag(id) != Tag::summary && !document_.attribute(parent, open_);
  if (in_closed) return true;
  if (!document_.is_element(id)) return false;
  const Tag tag = document_.tag(id);
  if (is_never_shown(tag)) return true;
  if (!document_.is_html(id) && is_hidden_in_svg(document_.name(id))) return true;
  if (document_.attribute(id, hidden_)) return true;
  if (tag == Tag::dialog && !document_.attribute(id, open_)) return true;
  const auto style = document_.attribute(id, style_);
  return style && style_hides(*style);
}

std::string visible_text(const Document& document, NodeId id, const Skipped* skipped) {
  TextRun run(document, skipped);
  run.add(id);
  return run.take();
}

std::string visible_text(const Document& document, const std::vector<NodeId>& roots,
                         const Skipped* skipped) {
  TextRun run(document, skipped);
  for (const NodeId root : roots) {
    run.paragraph();
    run.add(root);
  }
  return run.take();
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t space = leading_space(text.substr(i));
    if (space == 0) {
      out += text[i++];
      continue;
    }
    if (!out.empty() && !out.ends_with(' ')) out += ' ';
    i += space;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string visible_line(const Document& document, NodeId id) {
  return one_line(visible_text(document, id));
}

}  // namespace gvm::html
