#include "apps/peer_tokens.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "base/error_codes.h"
#include "base/fd.h"
#include "base/size.h"
#include "config/peers_schema.h"

namespace gvm::apps {
namespace {

std::unexpected<Error> refuse(const std::string& path, const std::string& why) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "serve.peers.token_file " + path + ": " + why);
}

// Clears what it read from memory.
Result<Secret> read_small_file(const std::string& path) {
  constexpr std::size_t kLargest = 64 * kKiB;
  // A pipe that nobody writes to must not stop the start.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info{};
  if (!file || ::fstat(file.get(), &info) != 0)
    return refuse(path, std::system_category().message(errno));
  if (!S_ISREG(info.st_mode)) return refuse(path, "it is no regular file");
  if (static_cast<std::size_t>(info.st_size) > kLargest)
    return refuse(path, "it is larger than 64 KiB");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) return refuse(path, std::system_category().message(errno));
  text.resize(static_cast<std::size_t>(got));
  return Secret(std::move(text));
}

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Result<std::vector<Secret>> read_peer_tokens(const std::string& path) {
  std::vector<Secret> tokens;
  if (path.empty()) return tokens;
  const auto text = read_small_file(path);
  if (!text) return fail(text.error());
  std::string_view rest = text->reveal();
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (!config::is_peer_token(line))
      return refuse(path, "line " + std::to_string(number) + " is no token: expected " +
                              std::string(config::kPeerTokenForm));
    tokens.emplace_back(std::string(line));
  }
  if (tokens.empty()) return refuse(path, "it holds no token, so nobody could connect");
  return tokens;
}

}  // namespace gvm::apps
