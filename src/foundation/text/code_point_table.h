#pragma once
// What is asked about single code points again and again, computed in pages of 256 when a text
// first needs one. Any thread may ask; a page is never freed.
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>

namespace gvm::text {

// `Page` is made by `Page(char32_t first)` for the code points first .. first + 255.
template <class Page>
class CodePointTable {
 public:
  // `c` is a Unicode scalar value.
  const Page& page(char32_t c) const {
    const auto* found = pages_[c >> 8].load(std::memory_order_acquire);
    return found != nullptr ? *found : make(c >> 8);
  }

 private:
  [[gnu::noinline]] const Page& make(std::size_t number) const {
    auto made = std::make_unique<const Page>(static_cast<char32_t>(number << 8));
    const Page* there = nullptr;
    if (pages_[number].compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) {
      return *made.release();
    }
    return *there;  // another thread was faster
  }

  static constexpr std::size_t kPages = 0x110000 / 256;
  mutable std::array<std::atomic<const Page*>, kPages> pages_{};
};

}  // namespace gvm::text
