#pragma once
// The readings of one text that rules look at, and the way back to the text.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::guard {

struct Span {
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// A text made from another one, byte for byte traceable.
class View {
 public:
  explicit View(std::string_view same) : borrowed_(same) {}
  View(std::string text, std::vector<std::uint32_t> origins)
      : own_(std::move(text)), origins_(std::move(origins)) {}

  std::string_view text() const { return borrowed_.data() != nullptr ? borrowed_ : own_; }
  // The part of the original that a part of this view, not an empty one, comes from.
  Span origin(Span part) const;

 private:
  std::string_view borrowed_;  // when the view is the text itself
  std::string own_;
  // For each byte of `own_` where its character begins in the original, then the original's size.
  // Empty: each byte is at its own place.
  std::vector<std::uint32_t> origins_;
};

// What is not seen is left out, compatibility characters are plain ones; case and spaces are kept.
// ASCII text is itself: `text` outlives the view. At most 4 GiB of valid UTF-8.
View clean_view(std::string_view text);
// In search form (text/search_form.h), and every run of white space is one space.
View search_view(std::string_view text);

// A pattern in the same form.
std::string search_text(std::string_view pattern);

}  // namespace gvm::guard
