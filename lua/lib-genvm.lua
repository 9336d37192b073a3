-- require("lib-genvm"): what every script needs. The functions of the host are in `rs`; docs/lua-reference.md lists them.

local _, host = ...

local M = {}

---@type lib.rs
M.rs = host["lib.rs"]

local rs = M.rs
local log_enabled, log_json = rs.log_enabled, rs.log_json
local require = require -- most sessions log nothing: value2json is loaded by the first line that is written

--- Writes a log line. `level` is trace, debug, info (the default), warn or warning, error; `message` and every other
--- field are free. Cycles, functions and userdata are safe. A line whose level is off costs one call.
---@param record { level: string|nil, message: string|nil, [string]: any }
function M.log(record)
  if type(record) ~= "table" then
    record = { message = tostring(record) }
  end
  if log_enabled(record.level) then
    log_json(require("value2json")(record))
  end
end

--- Some pair of a table, or nil when it has none (or is nil itself).
---@param t table|nil
---@return { key: any, value: any }|nil
function M.get_first_from_table(t)
  if t == nil then
    return nil
  end
  for key, value in pairs(t) do
    return { key = key, value = value }
  end
  return nil
end

--- As get_first_from_table; raises when there is no pair.
---@param t table|nil
---@return { key: any, value: any }
function M.get_first_from_table_assert(t)
  local first = M.get_first_from_table(t)
  if first == nil then
    error("expected a table with at least one entry", 2)
  end
  return first
end

--- Raises the caught error `e` again, fatal or not as told. What is no module error is raised unchanged.
---@param e any
---@param fatal boolean
function M.reraise_with_fatality(e, fatal)
  local as_table = rs.as_user_error(e)
  if as_table == nil then
    error(e, 0)
  end
  as_table.fatal = fatal
  rs.user_error(as_table)
end

--- Runs `body`, then always `cleanup`, and answers what `body` answered or raises what it raised. An error in `cleanup`
--- is logged, not raised: the outcome of `body` is what matters.
---@generic T
---@param body fun(): T
---@param cleanup fun()
---@return T
function M.finally(body, cleanup)
  local results = table.pack(pcall(body))
  local cleaned, failure = pcall(cleanup)
  if not cleaned then
    M.log { level = "warning", message = "a cleanup function failed", error = failure }
  end
  if not results[1] then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

--- Maps `x` from 0..1 linearly to min..max.
---@param x number
---@param min number
---@param max number
---@return number
function M.map_01_to_range(x, min, max)
  return min + (max - min) * x
end

return M
