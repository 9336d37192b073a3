#include "apps/front/input.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace gvm::apps {
namespace {

std::unexpected<std::string> unreadable(const std::string& path) {
  return std::unexpected("cannot read " + path + ": " + std::strerror(errno == 0 ? EIO : errno));
}

}  // namespace

FileText read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(path);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // A directory can be opened; only reading it fails.
  if (text.empty() && errno != 0) return unreadable(path);
  return text;
}

FileText text_or_file(const std::string& given) {
  if (given == "-") return std::string((std::istreambuf_iterator<char>(std::cin)), {});
  if (given.starts_with('@')) return read_file(given.substr(1));
  return given;
}

}  // namespace gvm::apps
