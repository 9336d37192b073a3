-- require("inspect"): a readable dump of any Lua value, for people. `inspect(value)` or `inspect(value, options)`.
--
-- options.depth    how deep tables are opened (default: no limit); deeper ones show as {...}
-- options.newline  between fields of a table (default "\n"; "" puts everything on one line)
-- options.indent   of one level (default two spaces)
--
-- Fields are in a fixed order: the sequence part, then numbers, then strings, then the rest. A table met again
-- shows as <table n>, its first occurrence is marked <n>. Functions, threads and userdata show as <function n>.

local KEY_ORDER = { number = 1, string = 2, boolean = 3 }
local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
               repeat return then true until while]]):gmatch("%a+") do
  KEYWORDS[word] = true
end

local ESCAPES = {
  ["\a"] = "\\a", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t", ["\v"] = "\\v", ["\\"] = "\\\\", ['"'] = '\\"', ["\127"] = "\\127",
}
for code = 0, 31 do
  local char = string.char(code)
  ESCAPES[char] = ESCAPES[char] or ("\\%03d"):format(code)
end

-- Patterns take bounded subjects only; a longer string is shown piecewise.
local PIECE = 32 * 1024

local function quote(text)
  local pieces = {}
  for from = 1, #text, PIECE do
    pieces[#pieces + 1] = (text:sub(from, from + PIECE - 1):gsub('[%c\\"\127]', ESCAPES))
  end
  return '"' .. table.concat(pieces) .. '"'
end

local function is_identifier(key)
  return type(key) == "string" and #key <= 256 and not KEYWORDS[key] and key:find("^[%a_][%w_]*$") ~= nil
end

local function before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    local order_a, order_b = KEY_ORDER[kind_a] or 4, KEY_ORDER[kind_b] or 4
    if order_a ~= order_b then
      return order_a < order_b
    end
    return kind_a < kind_b
  end
  if kind_a == "number" or kind_a == "string" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local function other_keys(value, length)
  local keys = {}
  for key in pairs(value) do
    if not (math.type(key) == "integer" and key >= 1 and key <= length) then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  return keys
end

-- rawlen would miss the items behind a read-only view.
local function sequence_length(value)
  local length = 0
  while value[length + 1] ~= nil do
    length = length + 1
  end
  return length
end

local function count(value, seen)
  if type(value) ~= "table" then
    return
  end
  seen[value] = (seen[value] or 0) + 1
  if seen[value] > 1 then
    return
  end
  for key, item in pairs(value) do
    count(key, seen)
    count(item, seen)
  end
end

local Writer = {}
Writer.__index = Writer

function Writer:id(kind, object)
  local ids = self.ids[kind]
  if ids == nil then
    ids = { last = 0 }
    self.ids[kind] = ids
  end
  if ids[object] == nil then
    ids.last = ids.last + 1
    ids[object] = ids.last
  end
  return ids[object]
end

function Writer:put(text)
  local out = self.out
  out[#out + 1] = text
end

function Writer:line(depth)
  self:put(self.newline)
  self:put(self.indent:rep(depth))
end

function Writer:fields(value, depth)
  local length = sequence_length(value)
  local separate = false
  for index = 1, length do
    self:put(separate and ", " or " ")
    self:value(value[index], depth + 1)
    separate = true
  end
  local keys = other_keys(value, length)
  for _, key in ipairs(keys) do
    self:put(separate and "," or "")
    self:line(depth + 1)
    if is_identifier(key) then
      self:put(key)
    else
      self:put("[")
      self:value(key, depth + 1)
      self:put("]")
    end
    self:put(" = ")
    self:value(value[key], depth + 1)
    separate = true
  end
  if #keys > 0 then
    self:line(depth)
  elseif length > 0 then
    self:put(" ")
  end
end

function Writer:table(value, depth)
  if self.written[value] then
    return self:put(("<table %d>"):format(self:id("table", value)))
  end
  if depth >= self.depth then
    return self:put("{...}")
  end
  self.written[value] = true
  if self.seen[value] > 1 then
    self:put(("<%d>"):format(self:id("table", value)))
  end
  self:put("{")
  self:fields(value, depth)
  self:put("}")
end

function Writer:value(value, depth)
  local kind = type(value)
  if kind == "string" then
    self:put(quote(value))
  elseif kind == "table" then
    self:table(value, depth)
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    self:put(tostring(value))
  elseif kind == "userdata" and rat and rat.is_rat(value) then
    self:put("rat " .. tostring(value))
  else
    self:put(("<%s %d>"):format(kind, self:id(kind, value)))
  end
end

local M = {}

---@param value any
---@param options { depth: integer|nil, newline: string|nil, indent: string|nil }|nil
---@return string
function M.inspect(value, options)
  options = options or {}
  local writer = setmetatable({
    out = {},
    ids = {},
    seen = {},
    written = {},
    depth = options.depth or math.huge,
    newline = options.newline or "\n",
    indent = options.indent or "  ",
  }, Writer)
  count(value, writer.seen)
  writer:value(value, 0)
  return table.concat(writer.out)
end

return setmetatable(M, {
  __call = function(_, value, options)
    return M.inspect(value, options)
  end,
})
