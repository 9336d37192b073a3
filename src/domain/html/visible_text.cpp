#include "html/visible_text.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_set>

#include "base/ascii.h"
#include "html/inline_style.h"
#include "html/table_order.h"

namespace gvm::html {

namespace {

bool is_hidden_in_svg(std::string_view name) {
  // Of MathML: annotations.
  constexpr std::array<std::string_view, 9> kNames = {"annotation", "annotation-xml", "defs",
                                                      "desc",       "metadata",       "script",
                                                      "style",      "symbol",         "title"};
  return std::ranges::binary_search(kNames, name);
}

// That the element and all in it are not shown, or cannot be seen.
bool style_hides(std::string_view style) {
  const InlineStyle read = read_inline_style(style);
  return read.display == Display::none || read.hidden.value_or(false) || read.unseen;
}

constexpr double kFaintest = 0.05;      // opacity
constexpr double kSmallestScale = 0.1;  // of a text of usual size: 2 pixels

// HTML Standard, 15 "Rendering"; SVG 2, the user agent's style sheet.
Display default_display(const Document& document, NodeId id) {
  if (!document.is_html(id)) {
    const std::string_view name = document.name(id);
    return name == "text" || name == "foreignObject" ? Display::block : Display::inline_;
  }
  const Tag tag = document.tag(id);
  if (tag == Tag::tr) return Display::row;
  if (tag == Tag::td || tag == Tag::th) return Display::cell;
  return is_block(tag) ? Display::block : Display::inline_;
}

bool is_preformatted(Tag tag) {
  return tag == Tag::pre || tag == Tag::listing || tag == Tag::xmp || tag == Tag::plaintext;
}

bool is_paragraph(Tag tag) {
  return tag == Tag::p || heading_level(tag) != 0;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\f\r") == std::string_view::npos;
}

// What an element hands down to its content.
struct Inherited {
  Spaces spaces = Spaces::collapse;
  bool hidden = false;
  bool tiny = false;
  bool clear = false;      // of a transparent colour
  bool decorated = false;  // seen whatever the colour
  bool cut_out = false;
  double opacity = 1;
  double scale = 1;
  bool items = false;  // its children are laid out as blocks: a flex or grid container
  std::optional<Colour> colour;
  std::optional<Colour> background;
};

class TextRun {
 public:
  TextRun(const Document& document, const Skipped* skipped, Invisible invisible, Inherited start)
      : document_(document),
        visibility_(document),
        skipped_(skipped),
        all_(invisible == Invisible::included),
        style_(document.atom("style")),
        colour_(document.atom("color")),
        text_colour_(document.atom("text")),
        background_(document.atom("bgcolor")),
        picture_(document.atom("background")),
        colspan_(document.atom("colspan")),
        rowspan_(document.atom("rowspan")),
        start_(start) {}

  void add(NodeId root) {
    walk(
        document_, root, [this, root](NodeId id) { return is_in_place(id, root) && enter(id); },
        [this](NodeId id) {
          if (document_.is_element(id)) leave();
        });
  }
  std::string take() { return flow_.take(); }
  void paragraph() { flow_.paragraph(); }

 private:
  struct Box {
    Inherited down;
    Display display;
    bool waits;  // for a text that is seen, before it begins
    CellSpan span = {};
    NodeId head = kNoNode;  // of a table: shown before its rows, but written behind one
    NodeId foot = kNoNode;  // of a table: shown behind its rows, but written before one
  };

  const Inherited& around() const { return open_.empty() ? start_ : open_.back().down; }
  bool waiting() const { return !open_.empty() && open_.back().waits; }

  // Whether it is not shown elsewhere than it is written.
  bool is_in_place(NodeId id, NodeId root) const { return id == root || !moved_.contains(id); }

  // The head and the foot of a table stand where they are shown: before the first row, and behind
  // the last one.
  void move_parts(NodeId table) {
    const std::vector<NodeId> parts = shown_parts(document_, table);
    if (std::ranges::is_sorted(parts)) return;
    const auto later = std::ranges::adjacent_find(parts, std::greater());
    if (document_.tag(*later) == Tag::thead) open_.back().head = *later;
    const NodeId last = parts.back();
    if (document_.tag(last) == Tag::tfoot && last != std::ranges::max(parts))
      open_.back().foot = last;
    moved_.insert({open_.back().head, open_.back().foot});
  }

  void add_head_before(NodeId id) {
    if (open_.empty() || open_.back().head == kNoNode || !is_row_part(document_.tag(id))) return;
    add(std::exchange(open_.back().head, kNoNode));
  }

  void leave() {
    if (open_.back().foot != kNoNode) add(open_.back().foot);
    if (!open_.back().waits) flow_.end();
    open_.pop_back();
  }

  // A box apart from the lines around it (placed by coordinates, or floating) parts them only when
  // something in it is seen.
  void begin_waiting() {
    for (Box& box : open_) {
      if (box.waits) flow_.begin(box.display, box.down.spaces, box.span);
      box.waits = false;
    }
  }

  bool enter(NodeId id) {
    if (skipped_ != nullptr && (*skipped_)[id]) return false;
    if (document_.is_text(id)) return write(id), false;
    if (document_.type(id) == NodeType::document) return true;
    if (!document_.is_element(id) || visibility_.is_never_shown(id)) return false;
    if (document_.tag(id) == Tag::br) return line_break(), false;
    add_head_before(id);
    const auto own = document_.attribute(id, style_);
    const InlineStyle style = own ? read_inline_style(*own) : InlineStyle();
    const Display display = display_of(id, style);
    if (display == Display::none) return false;
    const bool faint = around().opacity * style.opacity < kFaintest;
    if ((style.unseen || faint) && !all_) return unseen(display, style), false;
    const bool waits = waiting() || (style.out_of_line && display == Display::block);
    open_.push_back({handed_down(id, style), display, waits, span_of_cell(id, display)});
    if (!waits) flow_.begin(display, open_.back().down.spaces, open_.back().span);
    if (document_.tag(id) == Tag::table) move_parts(id);
    return true;
  }

  CellSpan span_of_cell(NodeId id, Display display) const {
    const Tag tag = document_.tag(id);
    if (display != Display::cell || (tag != Tag::td && tag != Tag::th)) return {};
    return {std::max<std::size_t>(1, span_of(document_, id, colspan_, kMostColumns)),
            span_of(document_, id, rowspan_, kMostRows)};
  }

  void line_break() {
    if (!waiting()) flow_.line_break();
  }

  // What nobody sees takes up its place.
  void unseen(Display display, const InlineStyle& style) {
    const bool apart = style.out_of_line && !(style.away && display == Display::paragraph);
    if (display == Display::inline_ || apart || waiting()) return;
    flow_.begin(display, Spaces::collapse);
    flow_.end();
  }

  Display display_of(NodeId id, const InlineStyle& style) const {
    const bool hidden = visibility_.is_hidden_by_attribute(id) && !style.display;
    if (!all_ && (hidden || style.display == Display::none)) return Display::none;
    Display display = default_display(document_, id);
    // Parts of a picture or a formula have no boxes of their own.
    const bool is_part = !document_.is_html(id) && document_.name(id) != "svg";
    if (style.display && !is_part) display = *style.display;
    if (display == Display::none) display = default_display(document_, id);
    const bool blockified = (style.out_of_line || around().items) && !is_part;
    if (display == Display::inline_ && blockified) display = Display::block;
    const bool paragraph = display == Display::block && is_paragraph(document_.tag(id));
    return paragraph ? Display::paragraph : display;
  }

  Inherited handed_down(NodeId id, const InlineStyle& style) const {
    Inherited down = around();
    const Tag tag = document_.tag(id);
    if (is_preformatted(tag)) down.spaces = Spaces::keep;
    down.items = style.items;
    // What is placed by coordinates may stand on something else.
    if (style.out_of_line) down.background.reset();
    // Their colours are the browser's.
    if (tag == Tag::a) down.colour.reset();
    if (tag == Tag::a || tag == Tag::button || tag == Tag::select) down.clear = false;
    if (tag == Tag::button || tag == Tag::select || tag == Tag::mark) down.background.reset();
    by_attributes(id, tag, down);
    if (style.spaces) down.spaces = *style.spaces;
    if (style.hidden) down.hidden = *style.hidden;
    if (style.tiny) down.tiny = *style.tiny;
    down.opacity *= style.opacity;
    down.scale *= style.scale;
    if (style.colour || style.other_colour) down.colour = style.colour;
    if (style.clear) down.clear = *style.clear;
    if (style.decorated) down.decorated = *style.decorated;
    if (style.cut_out) down.cut_out = true;
    if (style.background) down.background = style.background;
    if (style.picture_behind) down.background.reset();
    return down;
  }

  // HTML Standard, 15.3: attributes that are hints of style.
  void by_attributes(NodeId id, Tag tag, Inherited& down) const {
    if (tag == Tag::font || tag == Tag::body) {
      const auto colour = document_.attribute(id, tag == Tag::font ? colour_ : text_colour_);
      if (colour) down.colour = colour_of(*colour);
      if (colour) down.clear = false;
    }
    if (tag == Tag::body || tag == Tag::table || tag == Tag::tr || tag == Tag::td ||
        tag == Tag::th) {
      const auto background = document_.attribute(id, background_);
      if (background) down.background = colour_of(*background);
      if (document_.attribute(id, picture_)) down.background.reset();
    }
  }

  bool is_seen() const {
    const Inherited& here = around();
    if (here.hidden || here.tiny || here.scale < kSmallestScale) return false;
    if (here.decorated || here.cut_out) return true;
    if (here.clear) return false;
    return !here.colour || !here.background || !is_same_to_the_eye(*here.colour, *here.background);
  }

  void write(NodeId id) {
    const NodeId parent = document_.parent(id);
    if (parent != kNoNode && visibility_.is_never_shown(id)) return;
    const std::string_view text = document_.text(id);
    const bool blank = is_blank(text);
    if (!all_ && !blank && !is_seen()) return;
    if (blank && waiting()) return;
    begin_waiting();
    flow_.text(text);
  }

  const Document& document_;
  Visibility visibility_;
  const Skipped* skipped_;
  bool all_;
  Atom style_;
  Atom colour_;
  Atom text_colour_;
  Atom background_;
  Atom picture_;
  Atom colspan_;
  Atom rowspan_;
  Inherited start_;
  TextFlow flow_;
  std::vector<Box> open_;
  std::unordered_set<NodeId> moved_;  // parts of tables
};

bool has_style_sheets(const Document& document) {
  const Atom rel = document.atom("rel");
  for (NodeId id = 0; id < document.size(); ++id) {
    if (document.tag(id) == Tag::style) return true;
    if (document.tag(id) != Tag::link) continue;
    const auto kind = document.attribute(id, rel);
    if (kind && lowered(*kind).find("stylesheet") != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Visibility::Visibility(const Document& document)
    : document_(document),
      hidden_(document.atom("hidden")),
      style_(document.atom("style")),
      open_(document.atom("open")),
      popover_(document.atom("popover")) {}

bool Visibility::is_never_shown(NodeId id) const {
  const NodeId parent = document_.parent(id);
  const bool in_closed = parent != kNoNode && document_.tag(parent) == Tag::details &&
                         document_.tag(id) != Tag::summary && !document_.attribute(parent, open_);
  if (in_closed) return true;
  if (!document_.is_element(id)) return false;
  if (html::is_never_shown(document_.tag(id))) return true;
  return !document_.is_html(id) && is_hidden_in_svg(document_.name(id));
}

bool Visibility::is_hidden_by_attribute(NodeId id) const {
  if (!document_.is_element(id)) return false;
  if (document_.attribute(id, hidden_) || document_.attribute(id, popover_)) return true;
  return document_.tag(id) == Tag::dialog && !document_.attribute(id, open_);
}

bool Visibility::hides(NodeId id) const {
  if (is_never_shown(id) || is_hidden_by_attribute(id)) return true;
  const auto style = document_.attribute(id, style_);
  return style && style_hides(*style);
}

std::string visible_text(const Document& document, NodeId id, const Skipped* skipped) {
  TextRun run(document, skipped, Invisible::left_out, {});
  run.add(id);
  return run.take();
}

std::string visible_text(const Document& document, const std::vector<NodeId>& roots,
                         const Skipped* skipped) {
  TextRun run(document, skipped, Invisible::left_out, {});
  for (const NodeId root : roots) {
    run.paragraph();
    run.add(root);
  }
  return run.take();
}

std::string page_visible_text(const Document& document, Invisible invisible) {
  Inherited canvas;
  if (!has_style_sheets(document)) canvas.background = Colour{255, 255, 255};
  TextRun run(document, nullptr, invisible, canvas);
  run.add(document.root());
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
