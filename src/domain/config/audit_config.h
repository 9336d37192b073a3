#pragma once
// The record of answers (docs/audit.md), a setting of both modules; and where prompts may go by
// what they hold, one of the LLM module.
#include <cstddef>
#include <string>
#include <vector>

#include "base/size.h"
#include "config/days.h"

namespace gvm::config {

struct AuditConfig {
  bool enabled = false;
  std::string path;            // a folder; empty: "audit" in data_dir
  std::string texts = "none";  // or prompts (web: requests), answers, all: which are kept
  Days retention{400};
  std::string anchor = "daily";  // or off
  std::string anchor_file;
  std::string on_failure = "refuse";  // or continue
  std::size_t max_file_bytes = 64 * kMiB;
};

// Of a backend: what may be sent to it, and what it is.
struct BackendDataConfig {
  bool no_images = false;
  bool no_personal_data = false;
  std::string region;  // small letters; empty: unknown
  bool zero_retention = false;
};

// What the backends of some prompts must be.
struct DataDemand {
  std::vector<std::string> regions;  // empty: any
  bool zero_retention_only = false;

  bool any() const { return !regions.empty() || zero_retention_only; }
};

struct DataRulesConfig {
  DataDemand all;            // prompts
  DataDemand images;         // prompts with images
  DataDemand personal_data;  // prompts in which personal data was found
};

}  // namespace gvm::config
