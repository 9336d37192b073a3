#pragma once
// Whether an audit is what was written: every chain followed from record to record, and compared
// with what later chains, and the file of anchors, know of it. For tools; blocking. Memory does not
// grow with the number of records.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace gvm::audit {

enum class Fault : std::uint8_t {
  changed,  // a record was edited, removed, moved, or is none
  cut,      // the end of a chain is missing, as after a kill or a full disk
};

struct Finding {
  std::string file;
  std::uint64_t line = 0;  // 0: of no line
  Fault fault = Fault::changed;
  std::string text;
};

struct Report {
  static constexpr std::size_t kMostFindings = 100;
  std::vector<Finding> findings;   // the first ones, in the order of chains and records
  std::vector<std::string> notes;  // what is no fault
  std::uint64_t chains = 0;
  std::uint64_t files = 0;
  std::uint64_t records = 0;
  std::uint64_t answers = 0;

  bool whole() const { return findings.empty(); }
  bool only_cut() const;
};

// `anchor_file`: empty when there is none. AUDIT_*: the folder or the file cannot be read.
Result<Report> verify(const std::filesystem::path& folder,
                      const std::filesystem::path& anchor_file);

}  // namespace gvm::audit
