#pragma once
// What a program does to protect itself before it holds secrets.

namespace gvm::apps {

// The first thing a server does: signals that somebody sends by mistake, or too early, must not end
// it. SIGHUP becomes a reload later, once there is something to reload.
void ignore_stray_signals();

// Disables core dumps, and ptrace by other users: both would show keys.
void hide_from_core_dumps();
// Overwrites the value of `option` in the process's argument list, which other users can read. To
// be called after parsing.
void hide_argument(int argc, char** argv, const char* option);

}  // namespace gvm::apps
