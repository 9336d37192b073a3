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

return M
