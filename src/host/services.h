#pragma once
// What the common host functions need of a session beside its script. A product subclasses it with
// what its own functions need. Owned by the session; used on its lane only.
#include "base/redactor.h"
#include "net/http_client.h"
#include "script/script.h"

namespace gvm::host {

// Whether a script's request passes the module's address policy.
enum class Filtering { filtered, unfiltered };

class Services : public script::Services {
 public:
  // `http` is the lane's and outlives the session; `redactor` may be null.
  Services(net::HttpClient& http, std::shared_ptr<const Redactor> redactor)
      : http_(&http), redactor_(std::move(redactor)) {}

  // The client for lib.rs.request. A module whose scripts act for contracts answers one with an
  // address policy when `filtered`; each policy has a client of its own. Here operators' scripts
  // talk to services they chose.
  virtual net::HttpClient& http(Filtering) { return *http_; }
  const Redactor* redactor() const { return redactor_.get(); }

 private:
  net::HttpClient* http_;
  std::shared_ptr<const Redactor> redactor_;
};

}  // namespace gvm::host
