#include "policy/tld_list.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error_codes.h"
#include "base/size.h"
#include "policy/tld_text.h"

namespace gvm::policy {
namespace {

constexpr std::size_t kLargest = 8 * kMiB;  // the list has 320 KiB

std::unexpected<Error> refuse(const std::string& file, std::string_view why) {
  return fail(codes::kInvalidConfig, Fatality::fatal, file + ": " + std::string(why));
}

}  // namespace

bool is_public_tld(std::string_view label) {
  return std::ranges::binary_search(public_tlds(), label);
}

Result<std::shared_ptr<const TldList>> TldList::load(const std::string& file) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(file, error);
  if (!regular) return refuse(file, "there is no such file");
  if (std::filesystem::file_size(file, error) > kLargest || error)
    return refuse(file, "the file is too large for a public suffix list");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return refuse(file, "the file cannot be read");
  TldText text = read_tld_text(stream);
  if (!text.plausible()) return refuse(file, "the file is no public suffix list");
  auto list = std::make_shared<TldList>();
  list->labels_ = std::move(text.labels);
  list->version_ = std::move(text.version);
  return list;
}

bool TldList::older_than_built_in() const {
  // "2025-03-01_12-00-00_UTC": the order of texts is that of time.
  const std::string_view built_in = public_tlds_version();
  return !built_in.empty() && !version_.empty() && version_ < built_in;
}

}  // namespace gvm::policy
