#pragma once
// One metric without labels, as Prometheus text.
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

namespace gvm::billing {

void write_row(std::string& out, std::string_view name, std::string_view type,
               std::string_view help, auto value) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help,
                 type, value);
}

}  // namespace gvm::billing
