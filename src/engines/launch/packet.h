#pragma once
// One packet of a SOCK_SEQPACKET pair between a process and its starter: texts without NUL, and
// descriptors.
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace gvm::launch {

struct Packet {
  std::vector<std::string> fields;
  std::vector<Fd> descriptors;
};

// Waits until there is room. False: the other end is gone, or (EMSGSIZE) the packet is over 192 KiB
// or 16 descriptors.
bool send_packet(int fd, const std::vector<std::string>& fields,
                 const std::vector<int>& descriptors = {});
// Waits for one. Empty: the other end is gone.
std::optional<Packet> receive_packet(int fd);

}  // namespace gvm::launch
