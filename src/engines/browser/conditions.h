#pragma once
// What pages see must be the same on every machine, so that validators agree.
#include <boost/asio/awaitable.hpp>

#include "browser/cell.h"
#include "browser/render.h"
#include "browser/webdriver.h"

namespace gvm::browser {

// Of a browser that somebody else started. Chromium takes all of it; of other browsers only the
// window's size can be set.
asio::awaitable<Result<void>> freeze_conditions(DriverSession session, Appearance appearance,
                                                Deadline deadline);
// The viewport alone, exactly: where the rest came by the browser's command line.
asio::awaitable<Result<void>> freeze_viewport(DriverSession session, Appearance appearance,
                                              Deadline deadline);

}  // namespace gvm::browser
