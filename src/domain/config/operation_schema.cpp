// The keys of operation_config.h, at the top level of both modules' files.
#include <fmt/format.h>

#include "config/choice.h"
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr Origin kOurs = Origin::ours;

// Every item of the list at `key` is an absolute path.
void check_absolute(const Node& node, const std::string& path, std::string_view key,
                    Context& context, const std::vector<std::string>& paths) {
  const auto* entry = node.find(key);
  if (entry == nullptr || entry->value->items.size() != paths.size()) return;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].starts_with('/')) continue;
    const Node& item = *entry->value->items[i];
    context.error(item.mark, fmt::format("{}.{}[{}]", path, key, i),
                  fmt::format("got {}, expected an absolute path", describe(item)));
  }
}

void check_ports(const Node& node, const std::string& path, Context& context,
                 const std::vector<int>& ports) {
  constexpr int kLastPort = 65'535;
  for (const int port : ports) {
    if (port >= 1 && port <= kLastPort) continue;
    context.error(node.find("connect_ports")->value->mark, path + ".connect_ports",
                  fmt::format("got {}, expected ports from 1 to {}", port, kLastPort));
  }
}

void check_sandbox(const Node& node, const std::string& path, Context& context, SandboxConfig& c) {
  check_choice(node, path, "mode", context, c.mode, {"strict", "best-effort", "off"});
  check_absolute(node, path, "read_paths", context, c.read_paths);
  check_absolute(node, path, "write_paths", context, c.write_paths);
  check_ports(node, path, context, c.connect_ports);
}

const Section& sandbox_section() {
  using C = SandboxConfig;
  static const Section section =
      SectionBuilder<C>("the sandbox",
                        "What the process may do once it has started (docs/sandbox.md).")
          .leaf(&C::mode, {.name = "mode",
                           .doc = "`best-effort`: what the machine can enforce; `strict`: the "
                                  "module does not start when a part cannot hold; `off`. The "
                                  "option `--sandbox` comes before it",
                           .origin = kOurs})
          .leaf(&C::read_paths, {.name = "read_paths",
                                 .doc = "Further files and folders that may be read, absolute",
                                 .origin = kOurs})
          .leaf(&C::write_paths, {.name = "write_paths",
                                  .doc = "Further folders that may be written to, absolute",
                                  .origin = kOurs})
          .leaf(&C::connect_ports,
                {.name = "connect_ports",
                 .doc = "TCP ports that may be connected to, beside those that the configuration "
                        "names; absent: any port, as scripts may ask any server",
                 .origin = kOurs})
          .check(check_sandbox)
          .shorthand("mode")
          .build();
  return section;
}

void check_watchdog(const Node& node, const std::string& path, Context& context,
                    WatchdogConfig& c) {
  check_choice(node, path, "action", context, c.action, {"log", "abort"});
}

const Section& watchdog_section() {
  using C = WatchdogConfig;
  constexpr double kHour = 3'600'000;
  static const Section section =
      SectionBuilder<C>("the watchdog", "What happens when a lane does not come back.")
          .leaf(&C::stuck_after, {.name = "stuck_after",
                                  .doc = "A lane that has not come back for this long is reported "
                                         "with its stack; 0: nobody watches",
                                  .origin = kOurs,
                                  .range = {0, kHour}})
          .leaf(&C::action, {.name = "action",
                             .doc = "`log`: a line in the log; `abort`: the process ends as well",
                             .origin = kOurs})
          .check(check_watchdog)
          .build();
  return section;
}

}  // namespace

const Section& operation_section() {
  using C = OperationConfig;
  static const Section section =
      SectionBuilder<C>("the process", "Settings of the process.")
          .section(&C::sandbox, sandbox_section(),
                   {.name = "sandbox",
                    .doc = "What the process may do; a word alone is its `mode`",
                    .origin = kOurs})
          .section(&C::watchdog, watchdog_section(),
                   {.name = "watchdog",
                    .doc = "What happens when a lane does not come back",
                    .origin = kOurs})
          .build();
  return section;
}

}  // namespace gvm::config
