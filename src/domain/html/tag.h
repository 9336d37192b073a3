#pragma once
// HTML's elements, and their role in a rendered page (HTML Standard, "Rendering").
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gvm::html {

// The elements of the HTML Standard, obsolete ones included.
// clang-format off
#define GVM_HTML_TAGS(X) \
  X(a) X(abbr) X(acronym) X(address) X(applet) X(area) X(article) X(aside) X(audio) \
  X(b) X(base) X(basefont) X(bdi) X(bdo) X(bgsound) X(big) X(blink) X(blockquote) X(body) X(br) X(button) \
  X(canvas) X(caption) X(center) X(cite) X(code) X(col) X(colgroup) \
  X(data) X(datalist) X(dd) X(del) X(details) X(dfn) X(dialog) X(dir) X(div) X(dl) X(dt) \
  X(em) X(embed) X(fieldset) X(figcaption) X(figure) X(font) X(footer) X(form) X(frame) X(frameset) \
  X(h1) X(h2) X(h3) X(h4) X(h5) X(h6) X(head) X(header) X(hgroup) X(hr) X(html) \
  X(i) X(iframe) X(image) X(img) X(input) X(ins) X(isindex) X(kbd) X(keygen) X(label) X(legend) X(li) X(link) X(listing) \
  X(main) X(map) X(mark) X(marquee) X(menu) X(menuitem) X(meta) X(meter) X(multicol) X(nav) X(nextid) X(nobr) \
  X(noembed) X(noframes) X(noscript) X(object) X(ol) X(optgroup) X(option) X(output) \
  X(p) X(param) X(picture) X(plaintext) X(pre) X(progress) X(q) X(rb) X(rp) X(rt) X(rtc) X(ruby) \
  X(s) X(samp) X(script) X(search) X(section) X(select) X(slot) X(small) X(source) X(spacer) X(span) \
  X(strike) X(strong) X(style) X(sub) X(summary) X(sup) \
  X(table) X(tbody) X(td) X(template_) X(textarea) X(tfoot) X(th) X(thead) X(time) X(title) X(tr) X(track) X(tt) \
  X(u) X(ul) X(var) X(video) X(wbr) X(xmp)

enum class Tag : std::uint8_t {
#define GVM_HTML_TAG(name) name,
  GVM_HTML_TAGS(GVM_HTML_TAG)
#undef GVM_HTML_TAG
  unknown  // an element of another name, or of SVG or MathML
};
// clang-format on
inline constexpr std::size_t kTagCount = static_cast<std::size_t>(Tag::unknown) + 1;

// "div"; "" for Tag::unknown.
std::string_view tag_name(Tag tag);

// Starts and ends a line.
bool is_block(Tag tag);
// Never has content.
bool is_void(Tag tag);
// Never shown: scripts, styles, templates, fallbacks for browsers that lack a feature.
bool is_never_shown(Tag tag);
// Its content is text, not markup: script, style and the like.
bool is_raw_text(Tag tag);
// 1 to 6 for h1 to h6, else 0.
int heading_level(Tag tag);

}  // namespace gvm::html
