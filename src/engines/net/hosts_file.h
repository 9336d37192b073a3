#pragma once
// /etc/hosts, read again when it changes. Internal to net/.
#include <string>
#include <unordered_map>

#include "net/resolver.h"

namespace gvm::net {

class HostsFile {
 public:
  explicit HostsFile(std::string path) : path_(std::move(path)) {}

  // Null when the file has no entry for `host` (lower case).
  const Addresses* find(const std::string& host);

 private:
  void refresh();
  void read();

  std::string path_;
  std::int64_t version_ = -1;  // changes with the file
  std::unordered_map<std::string, Addresses> hosts_;
};

}  // namespace gvm::net
