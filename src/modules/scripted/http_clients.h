#pragma once
// The HTTP clients that sessions of one configuration use, one a lane. A configuration with the
// process's own settings uses the clients of the lanes, and keeps their connections.
#include <memory>
#include <string>

#include "net/http_client.h"
#include "net/per_lane.h"

namespace gvm::scripted {

// Settings, and what ca_file held when they were read: libcurl keeps the trusted certificates of a
// client for a day, so another content needs another client.
struct HttpSettings {
  net::HttpClientOptions options;
  std::string trust;  // a hash; "": there is no file

  static HttpSettings of(net::HttpClientOptions options);
  friend bool operator==(const HttpSettings& a, const HttpSettings& b);
};

// INVALID_CONFIG when ca_file cannot be read, or holds no certificate in PEM form.
Result<void> check_trust(const net::HttpClientOptions& options);

class HttpClients {
 public:
  enum class Of { lanes, own };
  // `lanes`: the lanes' clients, which have these settings. The lanes outlive it.
  HttpClients(net::Lanes& lanes, HttpSettings settings, Of whose)
      : settings_(std::move(settings)), whose_(whose), clients_(lanes) {}

  // On the lane's thread; used there, while this object lives.
  net::HttpClient& of(net::Lane& lane);
  const HttpSettings& settings() const { return settings_; }

 private:
  HttpSettings settings_;
  Of whose_;
  net::PerLane<net::HttpClient> clients_;
};

}  // namespace gvm::scripted
