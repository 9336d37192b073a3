#pragma once
// The state of one cell, as far as its messages tell. No I/O.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "browser/cell.h"
#include "browser/cell_protocol.h"

namespace gvm::browser {

struct CellState {
  std::filesystem::path driver_socket;
  std::filesystem::path devtools_socket;
  std::string devtools_address;
  std::string devtools_path;
  std::string driver_address;
  std::vector<std::string> slot_addresses;
  CellListeners listeners;
  Protection protection;
  std::size_t memory_bytes = 0;
  std::size_t processes = 0;
  bool ready = false;
  bool usable = true;            // no message has said that it ends
  bool ended = false;            // all its processes have ended
  std::optional<Error> failure;  // why it did not become ready
  std::string exit_reason;

  // Messages of an unknown kind, or with missing fields, are ignored.
  void apply(launch::Packet message);

 private:
  void take_listeners(launch::Packet message);
};

}  // namespace gvm::browser
