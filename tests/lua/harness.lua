-- For the files of this folder: `local t = require("harness")`, then functions in the global table Tests.
local lib = require("lib-genvm")

local M = {}
Tests = {}

local function show(value)
  return require("inspect")(value, { newline = " ", indent = "" })
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

function M.eq(found, expected)
  if not same(found, expected) then
    error("expected " .. show(expected) .. ", found " .. show(found), 2)
  end
end

function M.truthy(value)
  if not value then
    error("expected something true, found " .. show(value), 2)
  end
end

--- The module error that `f` raises, as a table; its code must be `code`.
function M.raises(code, f, ...)
  local ok, e = pcall(f, ...)
  if ok then
    error("expected " .. code .. ", nothing was raised", 2)
  end
  local err = lib.rs.as_user_error(e)
  if err == nil or err.causes[1] ~= code then
    error("expected " .. code .. ", found " .. show(err or e), 2)
  end
  return err
end

function TestNames()
  local names = {}
  for name in pairs(Tests) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

function RunTest(ctx, name)
  Tests[name](ctx)
end

return M
