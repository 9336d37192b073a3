-- require("value2json"): a function that makes any Lua value loggable, that is, representable in JSON.
--
--   userdata            {["$userdata"] = n}, the same userdata with the same n; a rat becomes "rat:1/2",
--                       a typed error its table {causes, fatal, ctx}
--   function, thread    "<function>", "<thread>"
--   a table met again   {["$table"] = id}; its first occurrence carries ["$id"] = id, so cycles end and
--                       a table shared many times is written once
--   nesting over 64     "<deep>"
--
-- The argument is not changed.

local _, host = ...
local as_user_error = host["lib.rs"].as_user_error

local DEEPEST = 64

-- How many times each table is met, without entering one twice.
local function count(value, depth, seen)
  if type(value) ~= "table" or depth > DEEPEST then
    return
  end
  local before = seen[value]
  seen[value] = (before or 0) + 1
  if before then
    return
  end
  for _, item in pairs(value) do
    count(item, depth + 1, seen)
  end
end

local function number_of(state, kind, object)
  local ids = state[kind]
  local id = ids[object]
  if id == nil then
    id = ids.next
    ids.next = id + 1
    ids[object] = id
  end
  return id
end

local function from_userdata(state, value)
  if rat and rat.is_rat(value) then
    return "rat:" .. tostring(value)
  end
  local err = as_user_error(value)
  if err ~= nil then
    return err
  end
  return { ["$userdata"] = number_of(state, "userdata", value) }
end

local transform

local function from_table(state, value, depth)
  if state.written[value] then
    return { ["$table"] = number_of(state, "tables", value) }
  end
  if depth > DEEPEST then
    return "<deep>"
  end
  state.written[value] = true
  local copy = {}
  if (state.seen[value] or 0) > 1 then
    copy["$id"] = number_of(state, "tables", value)
  end
  for key, item in pairs(value) do
    local kind = math.type(key)
    if kind ~= "integer" and type(key) ~= "string" then
      key = tostring(key)
    end
    copy[key] = transform(state, item, depth + 1)
  end
  return copy
end

function transform(state, value, depth)
  local kind = type(value)
  if kind == "table" then
    return from_table(state, value, depth)
  end
  if kind == "userdata" then
    local converted = from_userdata(state, value)
    return type(converted) == "table" and from_table(state, converted, depth) or converted
  end
  if kind == "function" or kind == "thread" then
    return "<" .. kind .. ">"
  end
  return value
end

---@param value any
---@return any json_safe a copy that JSON can carry
return function(value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" or kind == "nil" then
    return value
  end
  local state = {
    seen = {},
    written = {},
    tables = { next = 0 },
    userdata = { next = 0 },
  }
  count(value, 0, state.seen)
  return transform(state, value, 0)
end
