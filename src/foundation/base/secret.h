#pragma once
// A string that must not be seen: keys, tokens, credentials. It has no formatter and no stream
// operator, so printing one does not compile; reading it takes an explicit reveal(). Its memory is
// cleared when it is dropped.
#include <string>
#include <string_view>
#include <utility>

namespace gvm {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other)
      *this = Secret(other);  // by move: the old buffer is cleared, not just freed
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.clear(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      clear();
      value_ = std::move(other.value_);
      other.clear();
    }
    return *this;
  }
  ~Secret() { clear(); }

  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void clear() noexcept;

  std::string value_;
};

}  // namespace gvm
