#include "browser/cell_protocol.h"

#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace gvm::browser {
namespace {

constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr std::size_t kMaxDescriptors = 128;

std::string join(const std::vector<std::string>& fields) {
  std::string text;
  for (const auto& field : fields) {
    text += field;
    text += '\0';
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    fields.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

// Space for a control message with descriptors, aligned as CMSG_FIRSTHDR requires.
struct alignas(cmsghdr) ControlSpace {
  char bytes[CMSG_SPACE(sizeof(int) * kMaxDescriptors)] = {};
};

void take_descriptors(msghdr& header, std::vector<Fd>& out) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      out.emplace_back(fd);
    }
  }
}

}  // namespace

bool send_message(int fd, const std::vector<std::string>& fields,
                  const std::vector<int>& descriptors) {
  std::string text = join(fields);
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlSpace space;
  if (!descriptors.empty() && descriptors.size() <= kMaxDescriptors) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    header.msg_control = space.bytes;
    header.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(c), descriptors.data(), bytes);
  }
  for (;;) {
    if (::sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

Receive receive_message(int fd, CellMessage& message) {
  message = CellMessage();
  std::string text(kMaxMessageBytes, '\0');
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  ControlSpace space;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = space.bytes;
  header.msg_controllen = sizeof(space.bytes);
  ssize_t count = -1;
  do {
    count = ::recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? Receive::nothing : Receive::closed;
  take_descriptors(header, message.descriptors);
  if (count == 0) return Receive::closed;
  message.fields = split(std::string_view(text.data(), static_cast<std::size_t>(count)));
  return message.fields.empty() ? Receive::closed : Receive::message;
}

std::vector<std::string> encode(const CellSpec& spec) {
  std::vector<std::string> fields{std::string(cell_message::kStart),
                                  std::to_string(static_cast<int>(spec.level)),
                                  spec.folder,
                                  spec.browser,
                                  spec.driver,
                                  spec.time_zone,
                                  spec.language,
                                  spec.managed_policy,
                                  std::to_string(spec.slots),
                                  std::to_string(spec.memory_bytes),
                                  std::to_string(spec.scratch_bytes),
                                  std::to_string(spec.processes),
                                  std::to_string(spec.open_files)};
  fields.insert(fields.end(), spec.browser_arguments.begin(), spec.browser_arguments.end());
  return fields;
}

std::optional<std::size_t> parse_size(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<CellSpec> decode_spec(const std::vector<std::string>& fields) {
  constexpr std::size_t kFixedFields = 13;
  if (fields.size() < kFixedFields || fields[0] != cell_message::kStart) return std::nullopt;
  const auto level = parse_size(fields[1]);
  if (!level || *level > static_cast<std::size_t>(CellLevel::full)) return std::nullopt;
  CellSpec spec;
  spec.level = static_cast<CellLevel>(*level);
  spec.folder = fields[2];
  spec.browser = fields[3];
  spec.driver = fields[4];
  spec.time_zone = fields[5];
  spec.language = fields[6];
  spec.managed_policy = fields[7];
  std::size_t index = 8;
  for (std::size_t* number :
       {&spec.slots, &spec.memory_bytes, &spec.scratch_bytes, &spec.processes, &spec.open_files}) {
    const auto value = parse_size(fields[index++]);
    if (!value) return std::nullopt;
    *number = *value;
  }
  spec.browser_arguments.assign(fields.begin() + kFixedFields, fields.end());
  return spec;
}

}  // namespace gvm::browser
