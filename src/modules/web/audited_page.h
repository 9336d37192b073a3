#pragma once
// The record of one page or request in the audit (docs/audit.md), collected on its way and added
// when it is over. Without an audit nothing is collected. On a lane.
#include <memory>

#include "audit/log.h"
#include "envelope/hello.h"
#include "envelope/web_request.h"
#include "guarded/guards.h"

namespace gvm::web {

// Of a session; its name is drawn. `log` may be null: no audit.
struct Audit {
  Audit(std::shared_ptr<audit::Log> log, std::shared_ptr<guarded::SessionGuards> guards,
        const envelope::Hello& hello);

  std::shared_ptr<audit::Log> log;
  std::shared_ptr<guarded::SessionGuards> guards;
  audit::Subject subject;
};

class AuditedPage {
 public:
  // `request` outlives the call.
  AuditedPage(const Audit& audit, const envelope::AnyWebRequest& request);
  // A request whose session went away is recorded as CANCELLED.
  ~AuditedPage();
  AuditedPage(const AuditedPage&) = delete;
  AuditedPage& operator=(const AuditedPage&) = delete;

  // AUDIT_*: nothing may be answered now. Such a refusal is no record.
  Result<void> ready();
  // What the contract gets.
  void ends(const Result<Value>& answer);

 private:
  void add();

  std::shared_ptr<audit::Log> log_;  // null: no audit, or the record is added
  std::shared_ptr<guarded::SessionGuards> guards_;
  audit::Page record_;
};

}  // namespace gvm::web
