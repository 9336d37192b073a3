#include "apps/front/input.h"

#include <fstream>
#include <iostream>
#include <iterator>

namespace gvm::apps {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

std::optional<std::string> text_or_file(const std::string& given) {
  if (given == "-") return std::string((std::istreambuf_iterator<char>(std::cin)), {});
  if (given.starts_with('@')) return read_file(given.substr(1));
  return given;
}

}  // namespace gvm::apps
