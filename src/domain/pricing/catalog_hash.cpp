#include "pricing/catalog_hash.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/json.h"

namespace gvm::pricing {

namespace {

constexpr std::size_t kDigestBytes = 8;  // of the SHA-256: enough to tell files apart

std::string text_of(const Rates& r) {
  return fmt::format("{} {} {} {} {} {}", r.input, r.output, r.cache_read, r.cache_write,
                     r.cache_write_1h, r.reasoning);
}

std::int64_t day_number(std::chrono::sys_days day) {
  return day.time_since_epoch().count();
}

}  // namespace

void CatalogHash::add(const Entry& e) {
  std::string line;
  json::write_string_to(line, e.backend);
  json::write_string_to(line, e.model);
  line +=
      fmt::format(" {} {} {} {} {} {} {}", day_number(e.from), day_number(e.until), e.priced,
                  e.use_reported_cost, text_of(e.base), e.image.to_string(), e.request.to_string());
  for (const auto& tier : e.tiers) line += fmt::format(" >{} {}", tier.above, text_of(tier.rates));
  lines_.push_back(std::move(line));
}

std::string CatalogHash::hex() {
  std::ranges::sort(lines_);
  const auto text = fmt::format("{}", fmt::join(lines_, "\n"));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string out;
  for (std::size_t i = 0; i < kDigestBytes; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace gvm::pricing
