#pragma once
// The host functions every module's scripts have, in the table `lib.rs`. One file of functions a
// subject; each function is a row: name, types and one line of documentation stand beside its code.
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "files/folders.h"
#include "host/limits.h"
#include "script/script.h"

namespace gvm::host {

// Fills the bytes with randomness. Called on any lane at any time.
using RandomSource = std::function<void(std::span<unsigned char>)>;
RandomSource system_random();

struct CommonOptions {
  std::string data_dir;  // shown to scripts as lib.rs.data_dir
  // What scripts' `io` reaches; absent: they have none.
  std::optional<files::Folders> files = files::Folders();
  Limits limits;
  RandomSource random = system_random();
};

// Everything below in one table. A product adds its own rows to it.
script::HostTable common_table(const CommonOptions& options);

void add_http_functions(script::HostTable& table, const RequestLimits& limits);
void add_codec_functions(script::HostTable& table);
void add_url_functions(script::HostTable& table);
void add_hash_functions(script::HostTable& table);
void add_text_functions(script::HostTable& table);
void add_time_functions(script::HostTable& table, const Limits& limits);
void add_random_functions(script::HostTable& table, const Limits& limits,
                          const RandomSource& random);
void add_log_functions(script::HostTable& table, const Limits& limits);

// The library all of these live in.
inline constexpr std::string_view kCommonLibrary = "lib.rs";

}  // namespace gvm::host
