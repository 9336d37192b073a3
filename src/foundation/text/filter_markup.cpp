// Character references and comments of HTML in a text.
#include <algorithm>

#include "text/filter_stage.h"
#include "text/html_entity.h"
#include "text/json_scan.h"

namespace gvm::text {
namespace {

class Entities final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    if (held_.empty()) {
      held_ = std::string(decode(piece, last, out));
      return {};
    }
    held_ += piece;
    const std::string text = std::move(held_);
    held_ = std::string(decode(text, last, out));
    return {};
  }

 private:
  // The rest: a reference that may go on.
  static std::string_view decode(std::string_view text, bool last, std::string& out) {
    while (true) {
      const auto at = std::min(text.find('&'), text.size());
      out += text.substr(0, at);
      text.remove_prefix(at);
      if (text.empty() || (!last && text.size() < kLongestEntity)) return text;
      const auto entity = entity_at(text);
      if (entity.bytes == 0) {
        out += '&';
      } else {
        append_utf8(out, entity.value);
      }
      text.remove_prefix(std::max<std::size_t>(entity.bytes, 1));
    }
  }

  std::string held_;
};

// 13.2.5.43 and following: a comment ends with "-->" or "--!>", or at once with ">" or "->"; an
// open one reaches to the end of the text.
class Comments final : public FilterStage {
 public:
  Result<void> push(std::string_view piece, bool last, std::string& out) override {
    held_ += piece;
    std::string_view text = held_;
    while (!text.empty() && (in_comment_ ? leave(text) : enter(text, last, out))) {
    }
    held_.erase(0, held_.size() - text.size());
    return {};
  }

 private:
  static constexpr std::string_view kOpen = "<!--";
  static constexpr std::size_t kLongestEnd = 4;     // "--!>"
  static constexpr std::size_t kLongestAbrupt = 2;  // "->" right behind the opening

  // Each takes what is certain from `text`; false: what is left may go on.
  bool enter(std::string_view& text, bool last, std::string& out) {
    const auto at = std::min(text.find('<'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    const bool may_open = kOpen.starts_with(text.substr(0, kOpen.size()));
    if (!last && may_open && text.size() < kOpen.size() + kLongestAbrupt) return false;
    if (text.starts_with(kOpen)) {
      text.remove_prefix(kOpen.size());
      const std::size_t abrupt = text.starts_with('>') ? 1 : text.starts_with("->") ? 2 : 0;
      text.remove_prefix(abrupt);
      in_comment_ = abrupt == 0;
      return true;
    }
    if (text.empty()) return false;
    out += '<';
    text.remove_prefix(1);
    return true;
  }

  bool leave(std::string_view& text) {
    for (std::size_t at = text.find("--"); at != std::string_view::npos;
         at = text.find("--", at + 1)) {
      const auto rest = text.substr(at + 2);
      const std::size_t end = rest.starts_with('>') ? 1 : rest.starts_with("!>") ? 2 : 0;
      if (end == 0) continue;
      text = rest.substr(end);
      in_comment_ = false;
      return true;
    }
    text.remove_prefix(text.size() - std::min(text.size(), kLongestEnd - 1));
    return false;
  }

  std::string held_;
  bool in_comment_ = false;
};

}  // namespace

std::unique_ptr<FilterStage> make_markup_stage(TextFilter filter) {
  if (filter == TextFilter::decode_entities) return std::make_unique<Entities>();
  return std::make_unique<Comments>();
}

}  // namespace gvm::text
