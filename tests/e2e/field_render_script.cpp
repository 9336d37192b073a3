#include "e2e/field_render_script.h"

namespace gvm::e2e {
namespace {

constexpr const char* kFieldScript = R"lua(
local lib = require("lib-genvm")
local web = require("lib-web")
function Render(ctx, payload)
  web.check_url(payload.url)
  local answer = lib.rs.request(ctx, {
    method = "GET",
    url = web.rs.config.webdriver_host .. "/render?url=" .. lib.rs.url_encode(payload.url) ..
      "&mode=" .. payload.mode .. "&waitAfterLoaded=" .. tostring(payload.wait_after_loaded or 0),
    headers = {}, error_on_status = true, UNFILTERED
  })
  local status = tonumber(answer.headers["resulting-status"])
  if status ~= 200 then
    lib.rs.user_error { causes = { "WEBPAGE_LOAD_FAILED" }, fatal = false,
      ctx = { url = payload.url, status = status, body = answer.body } }
  end
  return { text = answer.body }
end
-- Without check_url: what lib.rs.request itself refuses.
function Request(ctx, payload)
  local answer = lib.rs.request(ctx, { method = "GET", url = payload.url, headers = {} })
  return { status = answer.status, headers = {}, body = answer.body }
end
)lua";

}  // namespace

std::string field_render_script(const std::string& unfiltered) {
  std::string script = kFieldScript;
  return script.replace(script.find("UNFILTERED"), 10, unfiltered);
}

}  // namespace gvm::e2e
