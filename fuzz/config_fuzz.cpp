// Any bytes as a configuration file: it loads, or its errors are reported with positions within the
// text; it never crashes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"

using namespace gvm::config;

namespace {

Environment fixed_environment() {
  Environment env;
  env.get_env = [](const std::string& name) -> std::optional<std::string> {
    if (name == "KEY") return "k-123456";
    return std::nullopt;
  };
  env.exe_dir = "/opt/bin";
  env.genvm_root = "/opt";
  env.version = "1";
  return env;
}

void check(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  const auto lines =
      std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r') + 1;
  if (diagnostics.empty()) std::abort();
  for (const auto& d : diagnostics)
    if (d.message.empty() || d.mark.line < 0 || d.mark.line > lines + 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Environment env = fixed_environment();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto llm = load_llm_text(text, "f", env, {.empty_backends = EmptyBackends::allow});
  if (!llm) check(llm.error(), text);
  const auto web = load_web_text(text, "f", env);
  if (!web) check(web.error(), text);
  return 0;
}
