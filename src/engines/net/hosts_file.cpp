#include "net/hosts_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/ascii.h"

namespace gvm::net {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;

}  // namespace

const Addresses* HostsFile::find(const std::string& host) {
  if (path_.empty()) return nullptr;
  refresh();
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? nullptr : &found->second;
}

void HostsFile::refresh() {
  struct stat now{};
  std::int64_t version = 0;  // no such file
  if (::stat(path_.c_str(), &now) == 0) {
    version = static_cast<std::int64_t>(now.st_mtim.tv_sec) * kNanoseconds + now.st_mtim.tv_nsec +
              now.st_size + static_cast<std::int64_t>(now.st_ino);
  }
  if (version == version_) return;
  version_ = version;
  read();
}

// One that is there and may not be read leaves what was known: the sandbox of a module closes a
// file that was replaced by another after the start.
void HostsFile::read() {
  std::ifstream file(path_);
  if (!file && version_ != 0) return;
  hosts_.clear();
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word)) continue;
    boost::system::error_code bad;
    const auto address = asio::ip::make_address(word, bad);
    if (bad) continue;
    while (words >> word) {
      auto& known = hosts_[lowered(word)];
      if (std::ranges::find(known, address) == known.end()) known.push_back(address);
    }
  }
}

}  // namespace gvm::net
