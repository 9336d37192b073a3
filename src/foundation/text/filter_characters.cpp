// Filters that judge one code point after the other: dropped, replaced or kept.
#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "text/character_bits.h"
#include "text/filter_stage.h"
#include "text/json_scan.h"
#include "text/plain_ascii.h"
#include "text/utf8.h"

namespace gvm::text {
namespace {

// Acts on properties of single characters.
class Characters final : public FilterStage {
 public:
  struct Acts {
    unsigned dropped = 0;
    unsigned spaces = 0;  // become U+0020
    unsigned lines = 0;   // become U+000A
  };
  explicit Characters(const Acts& acts)
      : acts_(acts), any_(acts.dropped | acts.spaces | acts.lines) {}

  Result<void> push(std::string_view piece, bool, std::string& out) override {
    std::size_t kept = 0;  // where the characters begin that wait to be copied
    for (std::size_t i = plain_ascii_prefix(piece); i < piece.size();) {
      const auto c = first_code_point(piece.substr(i));
      if (const auto bits = character_bits(c.value) & any_; bits != 0) {
        out += piece.substr(kept, i - kept);
        replace(bits, out);
        kept = i + c.bytes;
      }
      i += c.bytes;
      if (c.bytes == 1) i += plain_ascii_prefix(piece.substr(i));
    }
    out += piece.substr(kept);
    return {};
  }

 private:
  void replace(unsigned bits, std::string& out) const {
    if ((bits & acts_.dropped) != 0) return;
    out += (bits & acts_.lines) != 0 ? '\n' : ' ';
  }

  Acts acts_;
  unsigned any_;
};

// A stage that keeps or drops each character by what it kept before. ASCII is always kept.
class Judge : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool, std::string& out) final {
    while (!piece.empty()) {
      if (const auto ascii = utf8::ascii_prefix(piece); ascii > 0) {
        saw_ascii(piece[ascii - 1]);
        out += piece.substr(0, ascii);
        piece.remove_prefix(ascii);
        continue;
      }
      const auto c = first_code_point(piece);
      if (keeps(c.value)) out += piece.substr(0, c.bytes);
      piece.remove_prefix(c.bytes);
    }
    return {};
  }

 private:
  virtual void saw_ascii(char last) = 0;
  virtual bool keeps(char32_t c) = 0;
};

// Hundreds of selectors behind one letter carry hidden bytes. Kept is one that readers see: text or
// emoji form of a pictograph, the form of a Mongolian letter.
class VariationSelectors final : public Judge {
  void saw_ascii(char) override { before_ = 0; }
  bool keeps(char32_t c) override {
    const auto bits = character_bits(c);
    const auto before = std::exchange(before_, bits);
    if ((bits & kVariation) == 0) return true;
    if (c == 0xFE0E || c == 0xFE0F) return (before & kPictograph) != 0;
    const bool mongolian = c < 0xFE00;
    return mongolian && (before & kMongolian) != 0;
  }

  unsigned before_ = 0;
};

class CombiningMarks final : public Judge {
 public:
  explicit CombiningMarks(std::size_t most) : most_(most) {}

 private:
  void saw_ascii(char) override { marks_ = 0; }
  bool keeps(char32_t c) override {
    const auto bits = character_bits(c);
    if ((bits & kMark) == 0) {
      // What is not seen does not separate piles of marks.
      if ((bits & kIgnorable) == 0) marks_ = 0;
      return true;
    }
    return ++marks_ <= most_;
  }

  std::size_t most_;
  std::size_t marks_ = 0;
};

constexpr char32_t kBlackFlag = 0x1F3F4;
constexpr char32_t kCancelTag = 0xE007F;

std::string tags(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) append_utf8(out, 0xE0000 + static_cast<unsigned char>(c));
  return out;
}

// The three sequences of tags that are emoji (UTS #51, RGI_Emoji_Tag_Sequence): the flags of
// England, Scotland and Wales.
bool is_flag(std::string_view held) {
  static const std::array<std::string, 3> kFlags = {tags("gbeng\x7f"), tags("gbsct\x7f"),
                                                    tags("gbwls\x7f")};
  return std::ranges::find(kFlags, held) != kFlags.end();
}

class Tags final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool, std::string& out) override {
    while (!piece.empty()) {
      if (const auto ascii = utf8::ascii_prefix(piece); ascii > 0) {
        after_flag_ = false;
        out += piece.substr(0, ascii);
        piece.remove_prefix(ascii);
        continue;
      }
      const auto c = first_code_point(piece);
      take(c.value, piece.substr(0, c.bytes), out);
      piece.remove_prefix(c.bytes);
    }
    return {};
  }

 private:
  static constexpr std::size_t kFlagBytes = 6 * 4;

  void take(char32_t c, std::string_view bytes, std::string& out) {
    if ((character_bits(c) & kTag) == 0) {
      out += bytes;
      after_flag_ = c == kBlackFlag;
      held_.clear();
      return;
    }
    if (!after_flag_) return;
    held_ += bytes;
    if (c == kCancelTag && is_flag(held_)) out += held_;
    after_flag_ = c != kCancelTag && held_.size() < kFlagBytes;
  }

  bool after_flag_ = false;
  std::string held_;
};

}  // namespace

std::unique_ptr<FilterStage> make_character_stage(const FilterStep& step) {
  using Acts = Characters::Acts;
  switch (step.filter) {
    case TextFilter::rm_control:
      return std::make_unique<Characters>(Acts{.dropped = kControl});
    case TextFilter::rm_bidi:
      return std::make_unique<Characters>(Acts{.dropped = kBidi});
    case TextFilter::plain_spaces:
      return std::make_unique<Characters>(
          Acts{.dropped = kNoSpace, .spaces = kSpaceLike, .lines = kLineLike});
    case TextFilter::rm_variation:
      return std::make_unique<VariationSelectors>();
    case TextFilter::rm_tags:
      return std::make_unique<Tags>();
    default:
      return std::make_unique<CombiningMarks>(step.argument);
  }
}

}  // namespace gvm::text
