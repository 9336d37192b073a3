#include "apps/tls_files.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "apps/small_file.h"
#include "base/size.h"

namespace gvm::apps {
namespace {

constexpr std::size_t kLargest = 1 * kMiB;  // a bundle of authorities is a quarter of that
constexpr std::chrono::days kSoon{14};

// `mode`, where it is asked for, becomes the file's permissions.
Result<serve::PemFile> read_pem(const char* key, const std::string& path,
                                unsigned* mode = nullptr) {
  serve::PemFile pem{.file = path, .text = {}};
  if (path.empty()) return pem;
  auto file = read_small_file(std::string("serve.tls.") + key, path, kLargest);
  if (!file) return fail(std::move(file).error());
  pem.text = std::move(file->text);
  if (mode != nullptr) *mode = file->mode;
  return pem;
}

void warn_of_key(TlsFiles& files, const std::string& path, unsigned mode) {
  constexpr unsigned kOfOthers = 0007;
  if ((mode & kOfOthers) == 0) return;
  files.warnings.push_back(
      fmt::format("serve.tls.key {}: every user can open it (mode {:04o}); chmod 0600, or 0640 and "
                  "the module's group",
                  path, mode));
}

void warn_of_end(TlsFiles& files, const std::string& path) {
  const auto ends = files.context->expires();
  if (ends - std::chrono::system_clock::now() > kSoon) return;
  files.warnings.push_back(
      fmt::format("serve.tls.certificate {}: it expires at {:%Y-%m-%dT%H:%M:%SZ}", path,
                  fmt::gmtime(std::chrono::system_clock::to_time_t(ends))));
}

}  // namespace

Result<TlsFiles> read_tls(const config::TlsConfig& config) {
  TlsFiles files;
  if (!config.on()) return files;
  unsigned mode = 0;
  auto certificate = read_pem("certificate", config.certificate);
  if (!certificate) return fail(std::move(certificate).error());
  auto key = read_pem("key", config.key, &mode);
  if (!key) return fail(std::move(key).error());
  auto client_ca = read_pem("client_ca", config.client_ca);
  if (!client_ca) return fail(std::move(client_ca).error());
  const auto minimum = config.minimum == "1.3" ? serve::TlsVersion::v1_3 : serve::TlsVersion::v1_2;
  auto context = serve::TlsContext::make({.certificate = std::move(*certificate),
                                          .key = std::move(*key),
                                          .client_ca = std::move(*client_ca),
                                          .minimum = minimum,
                                          .asks_clients = !config.client_ca.empty()});
  if (!context) return fail(std::move(context).error());
  files.context = std::move(*context);
  warn_of_key(files, config.key, mode);
  warn_of_end(files, config.certificate);
  return files;
}

}  // namespace gvm::apps
