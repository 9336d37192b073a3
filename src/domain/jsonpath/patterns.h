#pragma once
// The regular expressions of one run, compiled once each. Internal to jsonpath/.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "jsonpath/query.h"

namespace gvm::jsonpath {

class Patterns {
 public:
  explicit Patterns(const Limits& limits);
  ~Patterns();

  enum class Place { whole, anywhere };
  // False also for a pattern that is none. `steps` counts the text times the size of the program.
  bool matches(std::string_view text, std::string_view pattern, Place place, std::uint64_t& steps);

 private:
  struct Compiled;
  const Limits& limits_;
  std::map<std::string, std::unique_ptr<Compiled>, std::less<>> known_;
};

// `.` outside of classes becomes "no line feed and no carriage return": RFC 9485, 5.3.
std::string to_re2(std::string_view pattern);

}  // namespace gvm::jsonpath
