#include "config/document.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <unordered_set>

#include "base/encoding.h"
#include "config/document_builder.h"
#include "config/scalar.h"
#include "config/templating.h"

namespace gvm::config {

namespace {

Document failed(const std::string& file, Mark mark, std::string message) {
  return {.root = nullptr, .diagnostics = {{file, mark, "", std::move(message)}}};
}

Mark mark_at(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          .column = static_cast<int>(offset - line_start) + 1};
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
}

// Where the first line is that is not UTF-8; only called when there is one.
Mark first_bad_line(std::string_view text) {
  Mark mark{.line = 1, .column = 1};
  for (; !text.empty(); ++mark.line) {
    const auto line = text.substr(0, text.find('\n'));
    if (!is_valid_utf8(line)) break;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return mark;
}

// Checks the bytes before YAML parses them. The message is empty when they are fine.
Diagnostic check_bytes(std::string_view text, const std::string& file) {
  if (text.size() > kMaxFileBytes)
    return {file,
            {},
            "",
            fmt::format("the file is too large, expected at most {} bytes", kMaxFileBytes)};
  if (!is_valid_utf8(text)) return {file, first_bad_line(text), "", "the text is no UTF-8"};
  const auto bad = std::find_if(text.begin(), text.end(), is_forbidden);
  if (bad == text.end()) return {};
  const auto offset = static_cast<std::size_t>(bad - text.begin());
  return {file, mark_at(text, offset), "",
          fmt::format("got a control character (0x{:02x}), expected text", static_cast<int>(*bad))};
}

Document check_root(Document document, const std::string& file) {
  const bool empty = !document.root || document.root->kind == Node::Kind::null;
  if (empty) return failed(file, {}, "the file is empty, expected a map of settings");
  if (document.root->kind == Node::Kind::list)
    return failed(file, document.root->mark, "got a list, expected a map of settings");
  if (document.root->kind == Node::Kind::scalar)
    return failed(file, document.root->mark, "got a text, expected a map of settings");
  return document;
}

// Skips tags and anchors before a scalar.
std::size_t skip_properties(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '!' || text[at] == '&')) {
    at = std::min(text.size(), text.find_first_of(" \t\r\n", at));
    at = std::min(text.size(), text.find_first_not_of(" \t\r\n", at));
  }
  return at;
}

// True when the quoted scalar at `at` has its closing quote. yaml-cpp accepts the end of the file
// as the closing quote: it then takes every following setting into the text.
bool is_closed(std::string_view text, std::size_t at) {
  at = skip_properties(text, at);
  const char quote = at < text.size() ? text[at] : '|';
  if (quote != '"' && quote != '\'') return true;  // a block
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      const bool doubled = quote == '\'' && at + 1 < text.size() && text[at + 1] == quote;
      if (!doubled) return true;
      ++at;
    }
  }
  return false;
}

// The messages of yaml-cpp about tabs are misleading.
bool has_tab_indentation(std::string_view text, int line_index) {
  for (int i = 0; i < line_index && !text.empty(); ++i)
    text.remove_prefix(std::min(text.size(), text.substr(0, text.find('\n')).size() + 1));
  const auto blank = text.substr(0, text.find_first_not_of(" \t"));
  return blank.find('\t') != std::string_view::npos;
}

Document syntax_error(std::string_view text, const std::string& file,
                      const YAML::Exception& error) {
  if (error.mark.is_null()) return failed(file, {}, "no valid YAML: " + error.msg);
  const Mark mark{.line = error.mark.line + 1, .column = error.mark.column + 1};
  if (has_tab_indentation(text, error.mark.line))
    return failed(file, mark, "no valid YAML: got a tab as indentation, expected spaces");
  return failed(file, mark, "no valid YAML: " + error.msg);
}

Document parse_events(std::string_view text, const std::string& file) {
  std::istringstream stream{std::string(text)};
  DocumentBuilder builder(file);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) {
  }
  const auto& last = builder.last_quoted();
  if (last && !is_closed(text, last->offset))
    return failed(file, last->mark, "got a quote without its end, expected a closing quote");
  return check_root(builder.take(), file);
}

class Expander {
 public:
  Expander(Document& document, const std::string& file, const Environment& env)
      : document_(document), file_(file), env_(env) {}

  void visit(Node& node, const std::string& path) {
    if (node.kind == Node::Kind::scalar) return visit_scalar(node, path);
    if (!done_.insert(&node).second) return;  // an alias: already counted
    for (std::size_t i = 0; i < node.items.size(); ++i)
      visit(*node.items[i], fmt::format("{}[{}]", path, i));
    for (const auto& entry : node.entries)
      visit(*entry.value, path.empty() ? entry.key : path + "." + entry.key);
  }

 private:
  void visit_scalar(Node& node, const std::string& path) {
    if (node.written.find("${") == std::string::npos || node.expanded) return;
    node.expanded = true;
    auto text = expand(node.written, env_);
    if (text)
      node.text = std::move(*text);
    else
      document_.diagnostics.push_back({file_, node.mark, path, text.error()});
  }

  Document& document_;
  const std::string& file_;
  const Environment& env_;
  std::unordered_set<const Node*> done_;
};

Value scalar_value(const Node& node) {
  if (!node.plain || node.expanded) return Value::string(node.text);
  if (const auto flag = parse_bool(node.text)) return Value::boolean(*flag);
  if (auto integer = Integer::parse(node.text)) return Value::integer(std::move(*integer));
  if (const auto real = parse_number(node.text)) return Value::real(*real);
  return Value::string(node.text);
}

}  // namespace

const Entry* Node::find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

Document parse_document(std::string_view text, const std::string& file) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (auto bad = check_bytes(text, file); !bad.message.empty())
    return {.root = nullptr, .diagnostics = {std::move(bad)}};
  try {
    return parse_events(text, file);
  } catch (const ParseStopped& stopped) {
    return failed(file, stopped.mark, stopped.message);
  } catch (const YAML::Exception& error) {
    return syntax_error(text, file, error);
  } catch (const std::exception& error) {
    return failed(file, {}, std::string("no valid YAML: ") + error.what());
  }
}

std::expected<std::string, Diagnostic> read_text(const std::string& path) {
  const auto unreadable = [&](const char* what) {
    const std::string reason = errno == 0 ? "" : fmt::format(": {}", std::strerror(errno));
    return std::unexpected(Diagnostic{path, {}, {}, what + reason});
  };
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return unreadable("the file cannot be opened");
  // Reads one byte more than allowed, which is enough to know that the file is too large.
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return unreadable("the file cannot be read");
  if (stream.gcount() == 0 && !stream.eof()) return unreadable("the file cannot be read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

Document read_document(const std::string& path) {
  auto text = read_text(path);
  if (!text) return {nullptr, {std::move(text).error()}};
  return parse_document(*text, path);
}

void expand_strings(Document& document, const std::string& file, const Environment& env) {
  Expander(document, file, env).visit(*document.root, "");
}

std::string describe(const Node& node, Echo echo) {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  return echo == Echo::show ? in_quotes(node.written) : "a text of another form";
}

Value to_value(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return Value::null();
    case Node::Kind::scalar:
      return scalar_value(node);
    case Node::Kind::list:
      break;
    case Node::Kind::map: {
      std::vector<Value::Map::Entry> entries;
      for (const auto& entry : node.entries)
        entries.emplace_back(Blob(std::string(entry.key)), to_value(*entry.value));
      return Value::map(Value::Map::from_entries(std::move(entries)));
    }
  }
  Value::Array items;
  for (const auto& item : node.items) items.push_back(to_value(*item));
  return Value::array(std::move(items));
}

}  // namespace gvm::config
