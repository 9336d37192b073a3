#pragma once
// What the common host functions need of a session beside its script. A product subclasses it with
// what its own functions need. Owned by the session; used on its lane only.
#include "base/redactor.h"
#include "host/outgoing.h"
#include "script/script.h"

namespace gvm::host {

class Services : public script::Services {
 public:
  // `redactor` may be null.
  explicit Services(std::shared_ptr<const Redactor> redactor) : redactor_(std::move(redactor)) {}

  // Who sends the requests of lib.rs.request.
  virtual Sender& sender() = 0;
  const Redactor* redactor() const { return redactor_.get(); }

 private:
  std::shared_ptr<const Redactor> redactor_;
};

}  // namespace gvm::host
