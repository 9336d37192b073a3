#include "apps/control_place.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace gvm::apps {
namespace {

constexpr mode_t kOwnerOnly = 0700;
constexpr mode_t kOthers = 0077;
constexpr std::string_view kSuffix = ".sock";

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets them
  return value == nullptr ? "" : value;
}

std::optional<ControlPlace> place_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  const auto dash = name.rfind('-');
  if (!name.ends_with(kSuffix) || dash == name.npos) return std::nullopt;
  ControlPlace place{path.string(), name.substr(0, dash), 0};
  const char* end = name.data() + name.size() - kSuffix.size();
  const auto [stop, error] = std::from_chars(name.data() + dash + 1, end, place.pid);
  const bool known = place.module == "llm" || place.module == "web";
  if (error != std::errc() || stop != end || !known) return std::nullopt;
  return place;
}

// Whether somebody listens there, or may do so. What is certainly left behind is removed.
bool is_alive(const ControlPlace& place) {
  if (connect_to(place)) return true;
  if (errno != ECONNREFUSED) return errno != ENOENT;
  (void)::unlink(place.path.c_str());
  return false;
}

}  // namespace

Fd connect_to(const ControlPlace& place) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (!fd || place.path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, place.path.c_str(), place.path.size() + 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  const int why = errno;
  fd.reset();
  errno = why;
  return {};
}

std::string control_folder() {
  if (const auto folders = variable("RUNTIME_DIRECTORY"); !folders.empty())
    return folders.substr(0, folders.find(':'));
  if (const auto folder = variable("XDG_RUNTIME_DIR"); !folder.empty())
    return folder + "/genvm-modules";
  return fmt::format("/tmp/genvm-modules-{}", ::geteuid());
}

std::string prepare_control_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), kOwnerOnly) != 0 && errno != EEXIST)
    return fmt::format("{}: {}", folder, std::strerror(errno));
  struct stat info{};
  if (::lstat(folder.c_str(), &info) != 0)
    return fmt::format("{}: {}", folder, std::strerror(errno));
  if (!S_ISDIR(info.st_mode)) return folder + ": it is no folder";
  if (info.st_uid != ::geteuid()) return folder + ": it belongs to another user";
  if ((info.st_mode & kOthers) != 0)
    return folder + ": others may enter it, expected the mode 0700";
  return {};
}

std::string control_path(const std::string& folder, std::string_view name, int pid) {
  return fmt::format("{}/{}-{}{}", folder, name, pid, kSuffix);
}

std::vector<ControlPlace> control_places(const std::string& folder) {
  std::vector<ControlPlace> places;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    auto place = place_of(at->path());
    if (place && is_alive(*place)) places.push_back(std::move(*place));
  }
  std::ranges::sort(places, {}, &ControlPlace::path);
  return places;
}

}  // namespace gvm::apps
