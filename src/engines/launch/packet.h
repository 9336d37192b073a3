#pragma once
// One packet of a SOCK_SEQPACKET pair between two processes of this system: texts without NUL, and
// descriptors. Also compiled into `genvm-browser-cell`, so it uses only the standard library and
// the system.
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace gvm::launch {

struct Packet {
  std::vector<std::string> fields;
  std::vector<Fd> descriptors;
};

// What sending does when the other end has not yet read what was sent before.
enum class WhenFull { wait, fail };

// False: the other end is gone, has no room (`WhenFull::fail`), or (EMSGSIZE) the packet is over
// 192 KiB or 128 descriptors.
bool send_packet(int fd, const std::vector<std::string>& fields,
                 const std::vector<int>& descriptors = {}, WhenFull full = WhenFull::wait);

enum class Received { packet, nothing, closed };
// Waits for a packet, which has at least one field. `nothing`: none is there and `fd` is
// non-blocking.
Received receive_packet(int fd, Packet& packet);
// The same where nothing else than a packet counts.
std::optional<Packet> receive_packet(int fd);

}  // namespace gvm::launch
