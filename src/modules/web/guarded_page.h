#pragma once
// What the web module returns, on its way through the configured guards.
#include <boost/asio/awaitable.hpp>
#include <memory>

#include "base/deadline.h"
#include "base/error.h"
#include "guarded/guards.h"
#include "net/http_client.h"
#include "policy/url_rules.h"

namespace gvm::web {

namespace asio = boost::asio;

struct PageGuard {
  std::shared_ptr<guarded::SessionGuards> guards;  // null, or not enforced: everything passes
  std::shared_ptr<const policy::UrlRules> rules;   // judge links
  net::HttpClient* http = nullptr;                 // to moderators; outlives the awaiting
};

// What goes on to the contract: the text of a page, or headers and body of an answer, with their
// masks. Pictures are not looked at. A body that is no UTF-8 is judged with U+FFFD for what is
// invalid; it cannot be masked (GUARD_MASK_FAILED). GUARD_BLOCKED, GUARD_UNAVAILABLE, TOO_LARGE.
asio::awaitable<Result<Value>> guard_page(PageGuard guard, Value returned, Deadline deadline);

// An error, which may tell of the page.
asio::awaitable<Error> guard_error(PageGuard guard, Error error);

// The judge of links for rules of kind `links`.
guard::LinkJudge link_judge(std::shared_ptr<const policy::UrlRules> rules);

}  // namespace gvm::web
