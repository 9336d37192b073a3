#include "scripted/http_clients.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/error_codes.h"
#include "base/size.h"

namespace gvm::scripted {
namespace {

constexpr std::size_t kMostTrustBytes = 16 * kMiB;  // the bundle of a system has 0.2 MiB

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return std::nullopt;
  std::string text(kMostTrustBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

// FNV-1a: tells files apart; it is not meant against attackers.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return fmt::format("{:016x} {}", hash, text.size());
}

bool holds_certificate(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> first(
      PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr), &X509_free);
  ERR_clear_error();
  return first != nullptr;
}

std::unexpected<Error> refused(const std::string& file, std::string_view why) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              fmt::format("http.ca_file: {}: {}", file, why));
}

}  // namespace

HttpSettings HttpSettings::of(net::HttpClientOptions options) {
  HttpSettings settings{std::move(options), {}};
  if (const auto& file = settings.options.ca_file; !file.empty())
    settings.trust = hash_of(content_of(file).value_or(""));
  return settings;
}

bool operator==(const HttpSettings& a, const HttpSettings& b) {
  const auto& x = a.options;
  const auto& y = b.options;
  return a.trust == b.trust && x.ca_file == y.ca_file && x.user_agent == y.user_agent &&
         x.max_connections == y.max_connections &&
         x.max_connections_per_host == y.max_connections_per_host &&
         x.max_idle_connections == y.max_idle_connections && x.dns_cache == y.dns_cache &&
         x.max_connection_age == y.max_connection_age;
}

Result<void> check_trust(const net::HttpClientOptions& options) {
  if (options.ca_file.empty()) return {};
  const auto text = content_of(options.ca_file);
  if (!text) return refused(options.ca_file, "the file cannot be read");
  if (text->size() > kMostTrustBytes) return refused(options.ca_file, "it is larger than 16 MiB");
  if (!holds_certificate(*text))
    return refused(options.ca_file, "it holds no certificate in PEM form");
  return {};
}

net::HttpClient& HttpClients::of(net::Lane& lane) {
  if (whose_ == Of::lanes) return lane.http();
  return clients_.of(
      lane, [&] { return std::make_unique<net::HttpClient>(lane.context(), settings_.options); });
}

}  // namespace gvm::scripted
