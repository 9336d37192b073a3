#pragma once
// What the common host functions need from a session besides its script. A product subclasses it
// with what its own functions need. Owned by the session; used on its lane only.
#include "base/redactor.h"
#include "host/outgoing.h"
#include "script/script.h"

namespace gvm::host {

class OpenDatabases;

class Services : public script::Services {
 public:
  // `redactor` may be null.
  explicit Services(std::shared_ptr<const Redactor> redactor) : redactor_(std::move(redactor)) {}

  // Sends the requests of lib.rs.request.
  virtual Sender& sender() = 0;
  const Redactor* redactor() const { return redactor_.get(); }
  // The databases that the script has open; null until it opens one. They close with the session.
  std::shared_ptr<OpenDatabases>& databases() { return databases_; }

 private:
  std::shared_ptr<const Redactor> redactor_;
  std::shared_ptr<OpenDatabases> databases_;
};

}  // namespace gvm::host
