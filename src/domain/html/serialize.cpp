#include "html/serialize.h"

namespace gvm::html {

namespace {

enum class Escape { text, attribute };

void append_escaped(std::string& out, std::string_view text, Escape where) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') {
      out += "&amp;";
    } else if (c == '\xC2' && text.substr(i, 2) == "\xC2\xA0") {
      out += "&nbsp;";
      ++i;
    } else if (c == '"' && where == Escape::attribute) {
      out += "&quot;";
    } else if (c == '<' && where == Escape::text) {
      out += "&lt;";
    } else if (c == '>' && where == Escape::text) {
      out += "&gt;";
    } else {
      out += c;
    }
  }
}

void append_start_tag(std::string& out, const Document& document, NodeId id) {
  out += '<';
  out += document.name(id);
  for (std::size_t i = 0; i < document.attribute_count(id); ++i) {
    const Attribute& attribute = document.attribute(id, i);
    out += ' ';
    out += document.atom_text(attribute.name);
    out += "=\"";
    append_escaped(out, document.attribute_value(attribute), Escape::attribute);
    out += '"';
  }
  out += '>';
}

void append_leaf(std::string& out, const Document& document, NodeId id) {
  if (document.type(id) == NodeType::comment) {
    out += "<!--";
    out += document.text(id);
    out += "-->";
    return;
  }
  const NodeId parent = document.parent(id);
  const bool raw = parent != kNoNode && is_raw_text(document.tag(parent));
  if (raw) {
    out += document.text(id);
  } else {
    append_escaped(out, document.text(id), Escape::text);
  }
}

}  // namespace

Result<std::string> to_html(const Document& document, NodeId id) {
  std::string out;
  const std::size_t most = document.limits().output_bytes;
  walk(
      document, id,
      [&](NodeId at) {
        if (out.size() > most) return false;
        if (document.type(at) == NodeType::document) {
          if (document.has_doctype()) out += "<!DOCTYPE html>";
          return true;
        }
        if (!document.is_element(at)) return append_leaf(out, document, at), false;
        append_start_tag(out, document, at);
        return !is_void(document.tag(at));
      },
      [&](NodeId at) {
        if (!document.is_element(at)) return;
        out += "</";
        out += document.name(at);
        out += '>';
      });
  if (out.size() > most) return fail(too_complex("output_bytes", most));
  return out;
}

}  // namespace gvm::html
