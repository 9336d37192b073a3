#include "html/tag.h"

#include <array>
#include <initializer_list>

namespace gvm::html {

namespace {

using TagSet = std::array<bool, GUMBO_TAG_LAST + 1>;

constexpr TagSet set_of(std::initializer_list<Tag> tags) {
  TagSet set{};
  for (const Tag tag : tags) set[tag] = true;
  return set;
}

constexpr TagSet kBlocks =
    set_of({GUMBO_TAG_HTML,    GUMBO_TAG_BODY,       GUMBO_TAG_ADDRESS,    GUMBO_TAG_ARTICLE,
            GUMBO_TAG_ASIDE,   GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_CENTER,     GUMBO_TAG_DD,
            GUMBO_TAG_DETAILS, GUMBO_TAG_DIR,        GUMBO_TAG_DIV,        GUMBO_TAG_DL,
            GUMBO_TAG_DT,      GUMBO_TAG_FIELDSET,   GUMBO_TAG_FIGCAPTION, GUMBO_TAG_FIGURE,
            GUMBO_TAG_FOOTER,  GUMBO_TAG_FORM,       GUMBO_TAG_H1,         GUMBO_TAG_H2,
            GUMBO_TAG_H3,      GUMBO_TAG_H4,         GUMBO_TAG_H5,         GUMBO_TAG_H6,
            GUMBO_TAG_HEADER,  GUMBO_TAG_HGROUP,     GUMBO_TAG_HR,         GUMBO_TAG_LEGEND,
            GUMBO_TAG_LI,      GUMBO_TAG_LISTING,    GUMBO_TAG_MAIN,       GUMBO_TAG_MENU,
            GUMBO_TAG_NAV,     GUMBO_TAG_OL,         GUMBO_TAG_OPTGROUP,   GUMBO_TAG_OPTION,
            GUMBO_TAG_P,       GUMBO_TAG_PLAINTEXT,  GUMBO_TAG_PRE,        GUMBO_TAG_SECTION,
            GUMBO_TAG_SUMMARY, GUMBO_TAG_TABLE,      GUMBO_TAG_TBODY,      GUMBO_TAG_TFOOT,
            GUMBO_TAG_THEAD,   GUMBO_TAG_TR,         GUMBO_TAG_CAPTION,    GUMBO_TAG_UL,
            GUMBO_TAG_XMP});

constexpr TagSet kVoid =
    set_of({GUMBO_TAG_AREA, GUMBO_TAG_BASE, GUMBO_TAG_BR, GUMBO_TAG_COL, GUMBO_TAG_EMBED,
            GUMBO_TAG_HR, GUMBO_TAG_IMG, GUMBO_TAG_INPUT, GUMBO_TAG_LINK, GUMBO_TAG_META,
            GUMBO_TAG_PARAM, GUMBO_TAG_SOURCE, GUMBO_TAG_TRACK, GUMBO_TAG_WBR, GUMBO_TAG_BASEFONT,
            GUMBO_TAG_BGSOUND, GUMBO_TAG_FRAME, GUMBO_TAG_KEYGEN});

constexpr TagSet kNeverShown =
    set_of({GUMBO_TAG_HEAD,     GUMBO_TAG_TITLE,    GUMBO_TAG_SCRIPT,   GUMBO_TAG_STYLE,
            GUMBO_TAG_TEMPLATE, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_NOFRAMES, GUMBO_TAG_NOEMBED,
            GUMBO_TAG_IFRAME,   GUMBO_TAG_OBJECT,   GUMBO_TAG_AUDIO,    GUMBO_TAG_VIDEO,
            GUMBO_TAG_CANVAS,   GUMBO_TAG_DATALIST, GUMBO_TAG_RP,       GUMBO_TAG_TEXTAREA,
            GUMBO_TAG_META,     GUMBO_TAG_LINK,     GUMBO_TAG_BASE,     GUMBO_TAG_PARAM,
            GUMBO_TAG_AREA,     GUMBO_TAG_SOURCE,   GUMBO_TAG_TRACK});

constexpr TagSet kRawText =
    set_of({GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_XMP, GUMBO_TAG_IFRAME, GUMBO_TAG_NOEMBED,
            GUMBO_TAG_NOFRAMES, GUMBO_TAG_PLAINTEXT});

}  // namespace

bool is_block(Tag tag) {
  return kBlocks[tag];
}
bool is_void(Tag tag) {
  return kVoid[tag];
}
bool is_never_shown(Tag tag) {
  return kNeverShown[tag];
}
bool is_raw_text(Tag tag) {
  return kRawText[tag];
}

int heading_level(Tag tag) {
  switch (tag) {
    case GUMBO_TAG_H1:
      return 1;
    case GUMBO_TAG_H2:
      return 2;
    case GUMBO_TAG_H3:
      return 3;
    case GUMBO_TAG_H4:
      return 4;
    case GUMBO_TAG_H5:
      return 5;
    case GUMBO_TAG_H6:
      return 6;
    default:
      return 0;
  }
}

}  // namespace gvm::html
