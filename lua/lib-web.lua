-- require("lib-web"): which URLs a contract may visit. Only in the web module; the functions of the host are in `rs`.

local _, host = ...
local lib = require("lib-genvm")

local rs = host["web.rs"]
if rs == nil then
  error("lib-web is there in the web module only", 0)
end

---@class WebRenderPayload
---@field url string
---@field mode "text"|"html"|"screenshot"
---@field wait_after_loaded number seconds
---@field size_limit integer|nil bytes of the answer

---@class WebRequestPayload
---@field url string
---@field method "GET"|"POST"|"PUT"|"HEAD"|"DELETE"|"OPTIONS"|"PATCH"
---@field headers table<string, string>
---@field body string|nil
---@field sign boolean|nil
---@field size_limit integer|nil bytes of the answer

local M = {}

---@type web.rs
M.rs = rs

---@type table<string, boolean>
M.allowed_schemas = { http = true, https = true }

--- Raises MALFORMED_URL, SCHEMA_FORBIDDEN, PORT_FORBIDDEN, TLD_FORBIDDEN, ADDRESS_FORBIDDEN or URL_FORBIDDEN (not
--- fatal): what the module's policy says of the URL before any packet leaves. A scheme that a script takes out of
--- `allowed_schemas` is refused, too.
---@param url string
---@return boolean always_allowed whether the host is in `always_allow_hosts`
function M.check_url(url)
  local parts = lib.rs.split_url(url)
  if parts ~= nil and not M.allowed_schemas[parts.schema] then
    lib.rs.user_error { causes = { "SCHEMA_FORBIDDEN" }, fatal = false, ctx = { schema = parts.schema, url = url } }
  end
  return rs.judge_url(url)
end

-- Codes of what goes wrong with a site: nobody answers, the name is unknown, TLS fails, it is too slow, redirects without
-- end, sends too much, or something broken.
local SITE_FAULTS = {
  SENDING_REQUEST = true,
  READING_BODY = true,
  DESERIALIZING = true,
  STATUS_NOT_OK = true,
  DEADLINE_EXCEEDED = true,
  TOO_LARGE = true,
  DOCUMENT_TOO_COMPLEX = true,
  WEBPAGE_LOAD_FAILED = true,
}

--- Answers what `f(...)` answers. What it raises about a site is raised again as not fatal, so that the contract may catch
--- it: a site that is down never ends a contract. The operator's own troubles (no browser, no signer, a proxy that does
--- not answer, a broken script) stay fatal.
---@generic T
---@param f fun(...): T
---@param ... any
---@return T
function M.catchable(f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  local raised = results[2]
  local err = lib.rs.as_user_error(raised)
  if err ~= nil and SITE_FAULTS[err.causes[1]] and err.ctx.kind ~= "proxy" then
    lib.reraise_with_fatality(raised, false)
  end
  error(raised, 0)
end

return M
