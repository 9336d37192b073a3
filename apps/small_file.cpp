#include "apps/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error_codes.h"
#include "base/fd.h"
#include "base/size.h"

namespace gvm::apps {

Result<SmallFile> read_small_file(const std::string& key, const std::string& path,
                                  std::size_t largest) {
  const auto refuse = [&](const std::string& why) {
    return fail(codes::kInvalidConfig, Fatality::fatal, key + " " + path + ": " + why);
  };
  constexpr unsigned kPermissions = 07777;
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0)
    return refuse(std::system_category().message(errno));
  if (!S_ISREG(info.st_mode)) return refuse("it is no regular file");
  if (static_cast<std::size_t>(info.st_size) > largest)
    return refuse("it is larger than " + std::to_string(largest / kKiB) + " KiB");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) return refuse(std::system_category().message(errno));
  text.resize(static_cast<std::size_t>(got));
  return SmallFile{Secret(std::move(text)), info.st_mode & kPermissions};
}

}  // namespace gvm::apps
