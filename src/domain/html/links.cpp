#include "html/links.h"

#include "html/visible_text.h"

namespace gvm::html {

namespace {

std::string text_of(const Document& document, NodeId id) {
  if (document.tag(id) == Tag::area) {
    return one_line(document.attribute(id, "alt").value_or(std::string_view()));
  }
  std::string text = visible_line(document, id);
  if (!text.empty()) return text;
  for (NodeId at = id; at < document.end(id); ++at) {
    if (document.tag(at) != Tag::img) continue;
    return one_line(document.attribute(at, "alt").value_or(std::string_view()));
  }
  return text;
}

}  // namespace

Result<std::vector<Link>> links(const Document& document, NodeId root, const Limits* limits) {
  const std::uint64_t most = (limits != nullptr ? *limits : document.limits()).steps;
  const Atom href = document.atom("href");
  const Atom rel = document.atom("rel");
  std::vector<Link> out;
  std::uint64_t steps = 0;
  for (NodeId id = root; id < document.end(root); ++id) {
    const Tag tag = document.tag(id);
    if (tag != Tag::a && tag != Tag::area) continue;
    const auto written = document.attribute(id, href);
    if (!written) continue;
    steps += document.weight(id);
    if (steps > most) return fail(too_complex("steps", most));
    Link& link = out.emplace_back();
    link.href = one_line(*written);
    if (const auto url = document.resolve(*written)) link.url = url->href();
    link.text = text_of(document, id);
    link.rel = one_line(document.attribute(id, rel).value_or(std::string_view()));
  }
  return out;
}

}  // namespace gvm::html
