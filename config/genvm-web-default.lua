-- The web module's script that ships: contracts' requests and pages under the module's policy.
--
-- Copy it to change what contracts get: which URLs, which headers, how long a page may take, what of a page is returned.
-- The policy of the configuration holds below this script in any case. docs/lua-reference.md has all functions.

local lib = require("lib-genvm")
local web = require("lib-web")

--- One HTTP request. Every status is an answer. What goes wrong with the site is an error that the contract may catch.
---@param ctx table
---@param payload WebRequestPayload
function Request(ctx, payload)
  web.check_url(payload.url)
  return web.catchable(lib.rs.request, ctx, {
    method = payload.method,
    url = payload.url,
    headers = payload.headers,
    body = payload.body,
    sign = payload.sign,
    response_body_max_size = payload.size_limit,
  })
end

--- One page, as a browser shows it.
---@param ctx table
---@param payload WebRenderPayload
function Render(ctx, payload)
  web.check_url(payload.url)
  local page = web.catchable(web.rs.render, ctx, {
    url = payload.url,
    mode = payload.mode,
    wait_after_loaded = payload.wait_after_loaded,
    size_limit = payload.size_limit,
  })
  if payload.mode == "screenshot" then
    return { image = page.image }
  end
  return { text = page.text }
end
