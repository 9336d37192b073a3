#pragma once
// The protocol between the module and `genvm-browser-cell`: one message per packet, of which the
// first field names its kind. Also compiled into that small program, so it uses only the standard
// library and the system.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launch/packet.h"

namespace gvm::browser {

// File descriptors that the program is started with.
inline constexpr int kControlFd = 3;
inline constexpr int kDriverListenerFd = 4;
inline constexpr int kDevtoolsListenerFd = 5;

// Messages of the program, with their fields:
namespace cell_message {
inline constexpr std::string_view kListeners =
    "listeners";                                     // refused port, slot ports; the sockets
inline constexpr std::string_view kReady = "ready";  // DevTools port, its path, driver port
inline constexpr std::string_view kProtection = "protection";  // the five flags, what is missing
inline constexpr std::string_view kUsage = "usage";            // bytes, processes
// Kind, sentence: the cell will not become ready.
inline constexpr std::string_view kFailed = "failed";
inline constexpr std::string_view kExit = "exit";  // why
// Messages to the program:
inline constexpr std::string_view kStart = "start";  // a CellSpec
inline constexpr std::string_view kStop = "stop";
}  // namespace cell_message

enum class CellLevel : int { processes = 0, network = 1, full = 2 };

// All settings that the program gets.
struct CellSpec {
  CellLevel level = CellLevel::full;  // at most
  std::string folder;                 // the cell's own; removed at the end
  std::string browser;
  std::string driver;
  std::string time_zone;
  std::string language;
  std::string managed_policy;  // JSON, for Chromium's managed policies
  std::size_t slots = 0;
  std::size_t memory_bytes = 0;
  std::size_t scratch_bytes = 0;
  std::size_t processes = 0;
  std::size_t open_files = 0;
  std::vector<std::string> browser_arguments;  // proxy, profile and port are added
};

// Does not block. False when the other end is closed or reads too slowly.
inline bool send_message(int fd, const std::vector<std::string>& fields,
                         const std::vector<int>& descriptors = {}) {
  return launch::send_packet(fd, fields, descriptors, launch::WhenFull::fail);
}

std::vector<std::string> encode(const CellSpec& spec);
// Empty when `fields` are not a start message.
std::optional<CellSpec> decode_spec(const std::vector<std::string>& fields);

// Parses a decimal number; empty for anything else.
std::optional<std::size_t> parse_size(std::string_view text);

}  // namespace gvm::browser
