#pragma once
// What a program does to itself before it holds secrets.

namespace gvm::apps {

// Of a program whose arguments make no sense: EX_USAGE of sysexits.h.
inline constexpr int kWrongUsage = 64;

// No core dump and no ptrace by other users: neither shows keys.
void hide_from_core_dumps();
// Overwrites the value after `option` in the process's argument list, which other users can read,
// once it is parsed.
void hide_argument(int argc, char** argv, const char* option);

}  // namespace gvm::apps
