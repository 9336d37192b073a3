#pragma once
// Asks the configured moderators about a text that the rules let pass, one after another. On a
// lane.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "guarded/guards.h"
#include "net/http_client.h"

namespace gvm::guarded {

namespace asio = boost::asio;

// Whether a model of a backend lets the text pass; an error: it gave no verdict.
using AskModel = std::function<asio::awaitable<Result<bool>>(
    const config::ModeratorConfig& moderator, std::string text, Deadline deadline)>;

struct Asking {
  net::HttpClient* http = nullptr;  // outlives the call
  AskModel model;                   // empty: no backends here
};

// Why the text goes no further: GUARD_BLOCKED (ctx.moderator, stage), or GUARD_UNAVAILABLE for a
// moderator without a verdict and `when_down: block`, or CANCELLED. Nothing: it passes. Without
// `enforce` nobody is asked. `text` has its masks. Each question ends after the moderator's
// `timeout`, and at `deadline`.
asio::awaitable<std::optional<Refusal>> moderate(std::shared_ptr<SessionGuards> guards,
                                                 guard::Stage stage, std::string text,
                                                 Asking asking, Deadline deadline);

// Whether any moderator looks at this stage.
bool is_moderated(Guards& guards, guard::Stage stage);

}  // namespace gvm::guarded
