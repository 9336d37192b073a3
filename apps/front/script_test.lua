-- require("script-test"), for the test files of `genvm-modules script test`.

local _, host = ...
local rs = host["test.rs"]

local tests = {}
local M = setmetatable({}, {
  __call = function(_, name, body)
    if type(name) ~= "string" or type(body) ~= "function" then
      error("test: expected a name and a function", 2)
    end
    tests[#tests + 1] = { name = name, body = body }
  end,
})

--- The configuration of the module under test: YAML, as in its file. Once, before the tests.
---@param yaml string
function M.config(yaml)
  rs.config(yaml)
end

local MOST_SHOWN = 400

local function cut(text)
  return #text <= MOST_SHOWN and text or text:sub(1, MOST_SHOWN) .. "... (" .. #text .. " bytes)"
end

-- Keys as texts, in their order.
local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function show(value, depth)
  if type(value) == "string" then return ("%q"):format(cut(value)) end
  if type(value) ~= "table" then return tostring(value) end
  if depth == 0 then return "{...}" end
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    local item = show(value[key], depth - 1)
    parts[#parts + 1] = type(key) == "string" and key .. " = " .. item or item
  end
  return cut("{" .. table.concat(parts, ", ") .. "}")
end

local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

local function fail(what, expected, actual)
  error(what .. "\n  expected: " .. expected .. "\n  actual:   " .. show(actual, 4), 3)
end

local T = {}

function T.equal(actual, expected, what)
  if not same(actual, expected) then fail(what or "not equal", show(expected, 4), actual) end
end

function T.is_true(value, what)
  if not value then fail(what or "not true", "true", value) end
end

function T.contains(text, part, what)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    fail(what or "a part is missing", "a text with " .. show(part, 1), text)
  end
end

function T.near(actual, expected, difference, what)
  if type(actual) ~= "number" or math.abs(actual - expected) > difference then
    fail(what or "not near", show(expected, 1) .. " +- " .. tostring(difference), actual)
  end
end

local function plan_of(answer)
  if type(answer) == "string" then return { text = answer } end
  if type(answer) ~= "table" then error("answers: expected a text or a table", 3) end
  return answer
end

-- What a backend or a model says.
local function speaker(backend, model)
  local S = {}
  -- Several answers: one after the other; the last one is repeated.
  function S:answers(...)
    for _, answer in ipairs({ ... }) do
      local plan = plan_of(answer)
      rs.plan { backend = backend, model = model, text = plan.text, json = plan.json, input = plan.input,
        output = plan.output, finish = plan.finish }
    end
    return self
  end
  -- {status = 503, text = "..."}, or {drop = true}: the connection breaks.
  function S:fails(how)
    rs.plan { backend = backend, model = model, status = how.status or 500, text = how.text, drop = how.drop }
    return self
  end
  return S
end

function T.backend(name, model) return speaker(name, model) end
function T.model(name) return speaker(nil, name) end

-- A site of the web, for web scripts: answers{status =, headers =, body =}.
function T.site(url)
  local S = {}
  function S:answers(...)
    for _, answer in ipairs({ ... }) do
      local plan = type(answer) == "string" and { body = answer } or answer
      rs.plan_site { url = url, status = plan.status, headers = plan.headers, body = plan.body, drop = plan.drop }
    end
    return self
  end
  function S:fails(how)
    return self:answers { status = how.status, body = how.body, headers = how.headers, drop = how.drop }
  end
  return S
end

-- The bytes of a file beside the test file.
function T.file(name)
  return rs.file(name)
end

-- What was sent so far: {backend =, provider =, model =, prompt =, system =, temperature =, max_tokens =, images =, json =}
T.sent = {}

local function ask(kind, payload)
  local reply = rs.ask(kind, payload)
  local sent = rs.sent()
  for i = #T.sent + 1, #sent do T.sent[i] = sent[i] end
  return reply
end

local function detail_of(reply)
  return reply.ctx and reply.ctx.detail and ": " .. reply.ctx.detail or ""
end

-- Answers what the contract gets; an error of the module fails the test.
local function asker(kind)
  return function(payload)
    local reply = ask(kind, payload or {})
    if reply.code then
      error("the module answers the " .. (reply.fatal and "fatal" or "user") .. " error " .. reply.code
        .. detail_of(reply), 2)
    end
    return reply
  end
end

-- {prompt =, format = "text"|"json", images =, gen =}: {data =, consumed_gen =}
T.prompt = asker("prompt")
-- {template = "EqComparative", leader_answer =, validator_answer =, principle =, gen =}
T.template = asker("template")
-- {url =, method =, headers =, body =}: {status =, headers =, body =}
T.request = asker("request")
-- {url =, mode = "text"|"html"}: {text =}
T.render = asker("render")

local KINDS = { [T.prompt] = "prompt", [T.template] = "template", [T.request] = "request", [T.render] = "render" }

--- What the contract gets is an error: {code =, causes =, fatal =, ctx =}. An answer fails the test.
---   local e = t.error_of(t.prompt, { prompt = "..." })
function T.error_of(call, payload)
  local reply = ask(KINDS[call] or error("error_of: expected t.prompt, t.template, t.request or t.render", 2), payload)
  if not reply.code then fail("the module answers", "an error", reply) end
  return reply
end

--- Another session: {role = "leader"|"validator", host_data = {contract_address =, ...}}.
function T.session(hello)
  rs.session(hello or {})
end

-- 0: the names of the tests.
function RunTest(_, number)
  if number == 0 then
    local names = {}
    for i, each in ipairs(tests) do names[i] = each.name end
    return { names = names }
  end
  tests[number].body(T)
  return {}
end

return M
