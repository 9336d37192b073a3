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

local ALLOWED_PORTS = { [80] = true, [443] = true }

local function refuse(code, ctx)
  lib.rs.user_error { causes = { code }, fatal = false, ctx = ctx }
end

local always_allowed

local function is_always_allowed(name)
  if always_allowed == nil then
    always_allowed = {}
    for _, allowed in ipairs(rs.config.always_allow_hosts or {}) do
      always_allowed[allowed] = true
    end
  end
  return always_allowed[name] == true
end

local function top_level_domain(name)
  return name:match("([^.]*)%.?$")
end

--- Raises MALFORMED_URL, SCHEMA_FORBIDDEN, PORT_FORBIDDEN or TLD_FORBIDDEN (not fatal). Hosts in `always_allow_hosts`
--- may have any port and top-level domain.
---@param url string
---@return boolean always_allowed whether the host is in `always_allow_hosts`
function M.check_url(url)
  local parts = lib.rs.split_url(url)
  if parts == nil then
    refuse("MALFORMED_URL", { url = url })
  end
  ---@cast parts -nil
  if not M.allowed_schemas[parts.schema] then
    refuse("SCHEMA_FORBIDDEN", { schema = parts.schema, url = url })
  end
  if is_always_allowed(parts.host) then
    return true
  end
  if parts.port ~= nil and not ALLOWED_PORTS[parts.port] then
    refuse("PORT_FORBIDDEN", { port = parts.port, url = url })
  end
  local tld = top_level_domain(parts.host)
  if not rs.allowed_tld[tld] then
    refuse("TLD_FORBIDDEN", { tld = tld, url = url })
  end
  return false
end

return M
