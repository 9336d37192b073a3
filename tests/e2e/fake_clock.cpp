#include "e2e/fake_clock.h"

#include <filesystem>

namespace gvm::e2e {
namespace {

std::string library() {
  for (const auto& folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"}) {
    auto path = std::string(folder) + "/faketime/libfaketimeMT.so.1";
    if (std::filesystem::exists(path)) return path;
  }
  return {};
}

std::string signed_text(long long number) {
  return (number < 0 ? "" : "+") + std::to_string(number);
}

std::chrono::seconds seconds_to_noon() {
  using namespace std::chrono;
  const auto now = floor<seconds>(system_clock::now());
  return floor<days>(now) + 12h - now;
}

}  // namespace

FakeClock::FakeClock() : to_noon_(seconds_to_noon()) {
  set(0h);
}

std::string FakeClock::missing() {
  return library().empty() ? "libfaketime is not installed (Debian: faketime)" : "";
}

void FakeClock::set(std::chrono::hours from_noon) const {
  const auto next = folder_.write("next", signed_text((to_noon_ + from_noon) / 1s) + "\n");
  std::filesystem::rename(next, folder_.file("clock"));  // never half of it
}

ModuleOptions FakeClock::of(ModuleOptions options) const {
  options.more += "sandbox: {mode: \"off\"}\n";
  options.environment = {
      "LD_PRELOAD=" + library(), "FAKETIME_TIMESTAMP_FILE=" + folder_.file("clock"),
      "FAKETIME_NO_CACHE=1",     "FAKETIME_DONT_FAKE_MONOTONIC=1",
      "DONT_FAKE_MONOTONIC=1",   "ASAN_OPTIONS=verify_asan_link_order=0"};
  return options;
}

}  // namespace gvm::e2e
