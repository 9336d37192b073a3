#include "html/markdown.h"

#include <algorithm>

#include "html/markdown_writer.h"
#include "html/tables.h"

namespace gvm::html {

namespace {

constexpr std::size_t kLongestUrl = 2048;  // bytes; a link to a longer one is its text
// Of a table of data with tables in its cells; one that has more is a layout.
constexpr std::size_t kMostInnerTables = 4;
constexpr std::uint64_t kHeaviestOuterTable = 20'000;
constexpr std::size_t kLongestOuterCell = 300;  // bytes

std::string escaped_words(std::string_view text) {
  MarkdownWriter writer;
  writer.text(text);
  return writer.take();
}

// As many as needed, so that no run inside the code ends it.
std::string fence_for(std::string_view code, std::size_t least) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : code) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(least, longest + 1), '`');
}

// CommonMark 6.3: parentheses and spaces end a destination.
std::string destination(std::string_view url) {
  std::string out;
  for (const char c : url) {
    switch (c) {
      case '(':
        out += "%28";
        break;
      case ')':
        out += "%29";
        break;
      case '<':
        out += "%3C";
        break;
      case '>':
        out += "%3E";
        break;
      case ' ':
        out += "%20";
        break;
      case '\\':
        out += "%5C";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string pipe_row(const std::vector<std::string>& cells, std::size_t columns) {
  std::string out = "|";
  for (std::size_t i = 0; i < columns; ++i) {
    out += ' ';
    if (i < cells.size()) out += escaped_words(cells[i]);
    out += " |";
  }
  return out;
}

std::string pipe_table(const Table& table) {
  std::size_t columns = 0;
  for (const auto& row : table.rows) columns = std::max(columns, row.size());
  const bool headed = table.header_rows > 0;
  std::string out = pipe_row(headed ? table.rows[0] : std::vector<std::string>(), columns);
  out += "\n|";
  for (std::size_t i = 0; i < columns; ++i) out += " --- |";
  for (std::size_t i = headed ? 1 : 0; i < table.rows.size(); ++i) {
    out += '\n';
    out += pipe_row(table.rows[i], columns);
  }
  return out;
}

class MarkdownRun {
 public:
  MarkdownRun(const Document& document, const Skipped* skipped, const Limits& limits)
      : document_(document), limits_(limits), visibility_(document), skipped_(skipped) {}

  void add(NodeId root) {
    writer_.block();
    walk(document_, root, [this](NodeId id) { return enter(id); }, [this](NodeId) { leave(); });
    writer_.block();
  }

  Result<std::string> take() {
    if (problem_) return fail(std::move(*problem_));
    return writer_.take();
  }

 private:
  // What has to be undone when an element ends.
  struct Opened {
    bool block = false;
    bool prefix = false;
    bool list = false;
    bool in_line = false;
    int* counter = nullptr;
  };
  struct List {
    bool ordered;
    std::int64_t number;
  };

  bool enter(NodeId id) {
    if (problem_ || (skipped_ != nullptr && (*skipped_)[id])) return false;
    if (writer_.size() > limits_.output_bytes) {
      problem_.emplace(too_complex("output_bytes", limits_.output_bytes));
      return false;
    }
    if (visibility_.hides(id) || document_.type(id) == NodeType::comment) return false;
    if (document_.is_text(id)) return writer_.text(document_.text(id)), false;
    if (is_whole(id)) return false;
    opened_.push_back(open(id));
    return true;
  }

  // Elements written at once.
  bool is_whole(NodeId id) {
    switch (document_.tag(id)) {
      case Tag::br:
        if (headings_ > 0) {
          writer_.text(" ");
        } else {
          writer_.hard_break();
        }
        return true;
      case Tag::hr:
        writer_.block();
        writer_.raw("---");
        writer_.block();
        return true;
      case Tag::img:
        image(id);
        return true;
      case Tag::code:
      case Tag::kbd:
      case Tag::samp:
      case Tag::tt:
        code(id);
        return true;
      case Tag::pre:
      case Tag::listing:
      case Tag::xmp:
        code_block(id);
        return true;
      case Tag::table:
        return table(id);
      default:
        return false;
    }
  }

  Opened open(NodeId id) {
    Opened out;
    const Tag tag = document_.tag(id);
    if (const int level = heading_level(tag)) return heading(level);
    switch (tag) {
      case Tag::strong:
      case Tag::b:
        return emphasis("**", bold_);
      case Tag::em:
      case Tag::i:
      case Tag::cite:
        return emphasis("*", italic_);
      case Tag::del:
      case Tag::s:
      case Tag::strike:
        return emphasis("~~", struck_);
      case Tag::a:
        return link(id);
      case Tag::blockquote:
        return prefixed("> ", "> ");
      case Tag::ul:
      case Tag::menu:
      case Tag::ol:
        return list(id);
      case Tag::li:
        return item();
      case Tag::td:
      case Tag::th:
        out.block = true;
        break;
      default:
        out.block = is_block(tag);
    }
    if (out.block) separate();
    return out;
  }

  void leave() {
    const Opened opened = opened_.back();
    opened_.pop_back();
    if (opened.in_line) writer_.close();
    if (opened.counter != nullptr) --*opened.counter;
    if (opened.prefix) writer_.pop_prefix();
    if (opened.list) lists_.pop_back();
    if (opened.block) separate();
  }

  // A heading is one line; a list inside of a list stands close.
  void separate() {
    if (headings_ > 0) {
      writer_.text(" ");
    } else {
      writer_.block();
    }
  }

  Opened heading(int level) {
    if (headings_ > 0) return {};
    writer_.block();
    writer_.push_prefix(std::string(static_cast<std::size_t>(level), '#') + ' ', {});
    ++headings_;
    return {.block = true, .prefix = true, .counter = &headings_};
  }

  Opened emphasis(const char* mark, int& counter) {
    ++counter;
    if (counter > 1) return {.counter = &counter};
    writer_.open(mark, mark);
    return {.in_line = true, .counter = &counter};
  }

  Opened link(NodeId id) {
    ++links_;
    const std::string url = url_of(id, "href");
    if (links_ > 1 || url.empty()) return {.counter = &links_};
    writer_.open("[", "](" + url + ")");
    return {.in_line = true, .counter = &links_};
  }

  Opened prefixed(std::string first, std::string rest) {
    if (headings_ > 0) return {};
    writer_.block();
    writer_.push_prefix(std::move(first), std::move(rest));
    return {.block = true, .prefix = true};
  }

  Opened list(NodeId id) {
    if (headings_ > 0) return {};
    const bool ordered = document_.tag(id) == Tag::ol;
    writer_.block(lists_.empty());
    lists_.push_back({ordered, start_of(id)});
    return {.block = lists_.size() == 1, .list = true};
  }

  std::int64_t start_of(NodeId id) const {
    constexpr std::size_t kMostDigits = 9;  // CommonMark 5.2
    const auto start = document_.attribute(id, "start");
    if (!start || start->empty() || start->size() > kMostDigits) return 1;
    std::int64_t number = 0;
    for (const char c : *start) {
      if (c < '0' || c > '9') return 1;
      number = number * 10 + (c - '0');
    }
    return number;
  }

  Opened item() {
    if (headings_ > 0) return {};
    writer_.block(false);
    std::string marker = "- ";
    if (!lists_.empty() && lists_.back().ordered) {
      marker = std::to_string(lists_.back().number++) + ". ";
    }
    std::string indent(marker.size(), ' ');
    writer_.push_prefix(std::move(marker), std::move(indent));
    return {.prefix = true};
  }

  void image(NodeId id) {
    const std::string alt = escaped_words(document_.attribute(id, "alt").value_or(""));
    if (alt.empty()) return;
    const std::string url = url_of(id, "src");
    writer_.raw(url.empty() ? alt : "![" + alt + "](" + url + ")");
  }

  // Absolute and of the web, ready to stand in a link; else empty.
  std::string url_of(NodeId id, std::string_view attribute) const {
    const auto reference = document_.attribute(id, attribute);
    if (!reference || reference->size() > kLongestUrl) return {};
    const auto url = document_.resolve(*reference);
    if (!url || url->href().size() > kLongestUrl) return {};
    const bool shown = url->scheme() == "http" || url->scheme() == "https" ||
                       url->scheme() == "mailto" || url->scheme() == "ftp";
    return shown ? destination(url->href()) : std::string();
  }

  // What is shown of it, as it is.
  std::string code_text(NodeId id) const {
    std::string out;
    for (NodeId at = id; at < document_.end(id);) {
      const bool skipped = skipped_ != nullptr && (*skipped_)[at];
      if (at != id && (skipped || visibility_.hides(at))) {
        at = document_.end(at);
        continue;
      }
      if (document_.is_text(at)) out += document_.text(at);
      if (document_.tag(at) == Tag::br) out += '\n';
      ++at;
    }
    return out;
  }

  void code(NodeId id) {
    const std::string text = one_line(code_text(id));
    if (text.empty()) return;
    const std::string fence = fence_for(text, 1);
    const bool padded = text.starts_with('`') || text.ends_with('`');
    const std::string_view pad = padded ? " " : "";
    writer_.raw(fence + std::string(pad) + text + std::string(pad) + fence);
  }

  void code_block(NodeId id) {
    std::string text = code_text(id);
    while (text.ends_with('\n')) text.pop_back();
    if (text.empty()) return;
    const std::string fence = fence_for(text, 3);
    writer_.lines(fence + language_of(id) + "\n" + text + "\n" + fence);
  }

  // class="language-rust" on <pre> or on its <code>.
  std::string language_of(NodeId id) const {
    const NodeId child = document_.first_child(id);
    for (const NodeId at : {id, child}) {
      if (at == kNoNode || !document_.is_element(at)) continue;
      const std::string_view names = document_.attribute(at, "class").value_or("");
      for (const std::string_view prefix : {"language-", "lang-"}) {
        const std::size_t begin = names.find(prefix);
        if (begin == std::string_view::npos) continue;
        const std::string_view rest = names.substr(begin + prefix.size());
        const std::size_t end = rest.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+#-");
        return std::string(rest.substr(0, std::min(end, std::size_t{32})));
      }
    }
    return {};
  }

  // A table of data; one for layout is passed cell by cell.
  bool table(NodeId id) {
    if (headings_ > 0) return false;
    std::size_t inner = 0;
    for (NodeId at = id + 1; at < document_.end(id); ++at) {
      const Tag tag = document_.tag(at);
      if (tag == Tag::pre || heading_level(tag) != 0) return false;
      inner += tag == Tag::table;
    }
    if (inner > kMostInnerTables || (inner > 0 && document_.weight(id) > kHeaviestOuterTable))
      return false;
    auto read = tables(document_, id, &limits_);
    if (!read) return problem_.emplace(std::move(read.error())), true;
    const Table& found = read->front();
    const bool has_columns =
        std::ranges::any_of(found.rows, [](const auto& row) { return row.size() > 1; });
    if (!has_columns || (inner > 0 && !is_data(found))) return false;
    writer_.block();
    writer_.text(found.caption);
    writer_.lines(pipe_table(found));
    return true;
  }

  // Of a table with others inside.
  static bool is_data(const Table& table) {
    const auto is_short = [](const auto& cell) { return cell.size() <= kLongestOuterCell; };
    return table.rows.size() > 1 && std::ranges::all_of(table.rows, [&](const auto& row) {
             return std::ranges::all_of(row, is_short);
           });
  }

  const Document& document_;
  const Limits& limits_;
  Visibility visibility_;
  const Skipped* skipped_;
  MarkdownWriter writer_;
  std::vector<Opened> opened_;
  std::vector<List> lists_;
  int bold_ = 0;
  int italic_ = 0;
  int struck_ = 0;
  int links_ = 0;
  int headings_ = 0;
  std::optional<Error> problem_;
};

}  // namespace

Result<std::string> markdown(const Document& document, const std::vector<NodeId>& roots,
                             const Skipped* skipped, const Limits* limits) {
  MarkdownRun run(document, skipped, limits != nullptr ? *limits : document.limits());
  for (const NodeId root : roots) run.add(root);
  return run.take();
}

}  // namespace gvm::html
