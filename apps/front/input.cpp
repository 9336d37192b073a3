#include "apps/front/input.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>

#include "base/fd.h"
#include "base/size.h"

namespace gvm::apps {
namespace {

std::unexpected<std::string> unreadable(const std::string& path) {
  return std::unexpected("cannot read " + path + ": " + std::strerror(errno));
}

}  // namespace

FileText read_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return unreadable(path);
  std::string text;
  for (std::array<char, 64 * kKiB> piece{};;) {
    const auto size = ::read(file.get(), piece.data(), piece.size());
    if (size == 0) return text;
    if (size < 0) return unreadable(path);
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

FileText text_or_file(const std::string& given) {
  if (given == "-") return std::string((std::istreambuf_iterator<char>(std::cin)), {});
  if (given.starts_with('@')) return read_file(given.substr(1));
  return given;
}

}  // namespace gvm::apps
