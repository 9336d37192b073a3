#include "html/markdown_writer.h"

#include <algorithm>

#include "html/visible_text.h"

namespace gvm::html {

namespace {

// Deeper quotes and lists are written at this depth: each line repeats its prefixes.
constexpr std::size_t kMostPrefixes = 16;

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// CommonMark 2.4: what may be escaped; these mean something anywhere in a line.
bool is_special(std::string_view word, std::size_t i) {
  const char c = word[i];
  const bool inside =
      i > 0 && i + 1 < word.size() && is_word_char(word[i - 1]) && is_word_char(word[i + 1]);
  switch (c) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '<':
    case '|':
    case '~':
      return true;
    case '_':
      return !inside;
    case '&':  // could start an entity
      return i + 1 < word.size() && (is_word_char(word[i + 1]) || word[i + 1] == '#') &&
             word.find(';', i) != std::string_view::npos;
    default:
      return false;
  }
}

// Markers of blocks: "#", ">", "+", "-", "=" (underlines), "1." and "1)".
std::size_t special_at_line_start(std::string_view word) {
  if (word.empty()) return std::string_view::npos;
  const char c = word[0];
  if (c == '#' || c == '>' || c == '+' || c == '-' || c == '=') return 0;
  const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
  if (digits == 0 || digits > 9 || digits + 1 != word.size()) return std::string_view::npos;
  return word[digits] == '.' || word[digits] == ')' ? digits : std::string_view::npos;
}

}  // namespace

void MarkdownWriter::append_escaped(std::string_view word, bool starts_line) {
  const std::size_t marker = starts_line ? special_at_line_start(word) : std::string_view::npos;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i == marker || is_special(word, i)) out_ += '\\';
    out_ += word[i];
  }
}

void MarkdownWriter::end_inlines() {
  for (auto at = inlines_.rbegin(); at != inlines_.rend(); ++at) {
    if (at->written) out_ += at->close;
    at->written = false;  // opens again with the next text
  }
}

void MarkdownWriter::block(bool blank) {
  if (breaks_ == 0) end_inlines();
  breaks_ = std::max(breaks_, blank ? 2 : 1);
  space_ = false;
}

void MarkdownWriter::begin_line() {
  for (Prefix& prefix : prefixes_) {
    out_ += prefix.used ? prefix.rest : prefix.first;
    prefix.used = true;
  }
  line_start_ = true;
}

void MarkdownWriter::begin_text() {
  if (out_.empty() && breaks_ == 0) breaks_ = 1;
  if (breaks_ > 0) {
    if (!out_.empty()) out_ += '\n';
    if (breaks_ > 1 && !out_.empty()) {
      // The empty line belongs to what both lines are in.
      for (const Prefix& prefix : prefixes_) {
        if (!prefix.used) break;
        out_ += prefix.rest;
      }
      while (out_.ends_with(' ')) out_.pop_back();
      out_ += '\n';
    }
    begin_line();
  } else if (space_ && !line_start_) {
    out_ += ' ';
  }
  breaks_ = 0;
  space_ = false;
  for (Inline& entry : inlines_) {
    if (entry.written) continue;
    // "!" before "[" would make an image of the link.
    if (entry.open.starts_with('[') && out_.ends_with('!')) out_.insert(out_.size() - 1, 1, '\\');
    out_ += entry.open;
    entry.written = true;
  }
}

void MarkdownWriter::text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t space = leading_space(text.substr(i))) {
      space_ = true;
      i += space;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() && leading_space(text.substr(i)) == 0) ++i;
    begin_text();
    append_escaped(text.substr(begin, i - begin), line_start_);
    line_start_ = false;
  }
}

void MarkdownWriter::raw(std::string_view text) {
  if (text.empty()) return;
  begin_text();
  out_ += text;
  line_start_ = false;
}

void MarkdownWriter::hard_break() {
  if (breaks_ > 0 || line_start_) return;
  end_inlines();
  out_ += '\\';
  breaks_ = 1;
  space_ = false;
}

void MarkdownWriter::open(std::string open, std::string close) {
  inlines_.push_back({std::move(open), std::move(close)});
}

void MarkdownWriter::close() {
  const Inline entry = std::move(inlines_.back());
  inlines_.pop_back();
  if (entry.written) out_ += entry.close;
}

void MarkdownWriter::push_prefix(std::string first, std::string rest) {
  const bool written = prefixes_.size() < kMostPrefixes;
  prefixes_.push_back(written ? Prefix{std::move(first), std::move(rest)} : Prefix{});
}

void MarkdownWriter::pop_prefix() {
  prefixes_.pop_back();
}

void MarkdownWriter::lines(std::string_view text) {
  block();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    begin_text();
    out_ += text.substr(0, end);
    while (end == 0 && out_.ends_with(' ')) out_.pop_back();
    line_start_ = false;
    breaks_ = 1;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  block();
}

std::string MarkdownWriter::take() {
  end_inlines();
  while (out_.ends_with('\n') || out_.ends_with('\\')) {
    // A hard break before the end breaks nothing; an escaped backslash stays.
    if (out_.ends_with("\\\\")) break;
    out_.pop_back();
  }
  return std::move(out_);
}

}  // namespace gvm::html
