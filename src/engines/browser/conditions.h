#pragma once
// The conditions that pages see must be the same on every machine, so that validators agree.
#include <boost/asio/awaitable.hpp>

#include "browser/cell.h"
#include "browser/render.h"
#include "browser/webdriver.h"

namespace gvm::browser {

// For a browser that was started by others. Chromium accepts all settings; for other browsers only
// the size of the window can be set.
asio::awaitable<Result<void>> freeze_conditions(DriverSession session, Appearance appearance,
                                                Deadline deadline);
// Sets only what the browser's command line cannot: the exact viewport, and Math.random().
asio::awaitable<Result<void>> freeze_the_rest(DriverSession session, Appearance appearance,
                                              Deadline deadline);

}  // namespace gvm::browser
