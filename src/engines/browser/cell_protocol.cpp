#include "browser/cell_protocol.h"

#include <charconv>

namespace gvm::browser {

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
