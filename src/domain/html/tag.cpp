#include "html/tag.h"

#include <array>
#include <initializer_list>

namespace gvm::html {

namespace {

using TagSet = std::array<bool, kTagCount>;

constexpr std::array<std::string_view, kTagCount> kNames = {
// clang-format off
#define GVM_HTML_TAG_NAME(name) #name,
    GVM_HTML_TAGS(GVM_HTML_TAG_NAME)
#undef GVM_HTML_TAG_NAME
    ""
    // clang-format on
};

constexpr TagSet set_of(std::initializer_list<Tag> tags) {
  TagSet set{};
  for (const Tag tag : tags) set[static_cast<std::size_t>(tag)] = true;
  return set;
}

constexpr TagSet kBlocks = set_of(
    {Tag::html,    Tag::body,      Tag::address,    Tag::article, Tag::aside,    Tag::blockquote,
     Tag::center,  Tag::dd,        Tag::details,    Tag::dir,     Tag::div,      Tag::dl,
     Tag::dt,      Tag::fieldset,  Tag::figcaption, Tag::figure,  Tag::footer,   Tag::form,
     Tag::h1,      Tag::h2,        Tag::h3,         Tag::h4,      Tag::h5,       Tag::h6,
     Tag::header,  Tag::hgroup,    Tag::hr,         Tag::legend,  Tag::li,       Tag::listing,
     Tag::main,    Tag::menu,      Tag::nav,        Tag::ol,      Tag::optgroup, Tag::option,
     Tag::p,       Tag::plaintext, Tag::pre,        Tag::section, Tag::summary,  Tag::search,
     Tag::dialog,  Tag::table,     Tag::tbody,      Tag::tfoot,   Tag::thead,    Tag::tr,
     Tag::caption, Tag::ul,        Tag::xmp});

constexpr TagSet kVoid =
    set_of({Tag::area, Tag::base, Tag::br, Tag::col, Tag::embed, Tag::hr, Tag::img, Tag::input,
            Tag::link, Tag::meta, Tag::param, Tag::source, Tag::track, Tag::wbr, Tag::basefont,
            Tag::bgsound, Tag::frame, Tag::keygen});

constexpr TagSet kNeverShown =
    set_of({Tag::head,     Tag::title,    Tag::script,  Tag::style,    Tag::template_,
            Tag::noscript, Tag::noframes, Tag::noembed, Tag::iframe,   Tag::object,
            Tag::audio,    Tag::video,    Tag::canvas,  Tag::datalist, Tag::rp,
            Tag::textarea, Tag::meta,     Tag::link,    Tag::base,     Tag::param,
            Tag::area,     Tag::source,   Tag::track,   Tag::progress, Tag::meter});

constexpr TagSet kRawText = set_of(
    {Tag::script, Tag::style, Tag::xmp, Tag::iframe, Tag::noembed, Tag::noframes, Tag::plaintext});

}  // namespace

std::string_view tag_name(Tag tag) {
  // `template` is a keyword of C++.
  return tag == Tag::template_ ? "template" : kNames[static_cast<std::size_t>(tag)];
}

bool is_block(Tag tag) {
  return kBlocks[static_cast<std::size_t>(tag)];
}
bool is_void(Tag tag) {
  return kVoid[static_cast<std::size_t>(tag)];
}
bool is_never_shown(Tag tag) {
  return kNeverShown[static_cast<std::size_t>(tag)];
}
bool is_raw_text(Tag tag) {
  return kRawText[static_cast<std::size_t>(tag)];
}

int heading_level(Tag tag) {
  switch (tag) {
    case Tag::h1:
      return 1;
    case Tag::h2:
      return 2;
    case Tag::h3:
      return 3;
    case Tag::h4:
      return 4;
    case Tag::h5:
      return 5;
    case Tag::h6:
      return 6;
    default:
      return 0;
  }
}

}  // namespace gvm::html
