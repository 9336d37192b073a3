-- A script as operators write them: it runs unchanged, odd habits included.
local t = require("harness")
local lib = require("lib-genvm")
local llm = require("lib-llm")

_G.host = {
  now_ms = function()
    return lib.rs.monotonic_ms()
  end,
  log = function(level, event, fields)
    lib.log { level = level, message = event, fields = fields }
  end,
}

local MAX_TIMEOUT = rat.new("60")

local function sorted_backends()
  local backend_names = {}
  for name, _ in pairs(llm.providers) do
    table.insert(backend_names, name)
  end
  table.sort(backend_names, function(a, b)
    local a_meta, b_meta = llm.providers[a].meta, llm.providers[b].meta
    local a_priority = a_meta and a_meta.priority or 0
    local b_priority = b_meta and b_meta.priority or 0
    if a_priority ~= b_priority then
      return a_priority > b_priority
    end
    return a > b
  end)
  return backend_names
end

function Setup(ctx)
  ctx.stats = {}
  ctx.on_error = function() end -- ctx may hold anything
  ctx.gen_per_time_unit = rat.new(ctx.gas_data.genPerTimeUnit)
  ctx.policy = {
    spent = rat.zero,
    limit = ctx.gen_per_time_unit * rat.new(ctx.initial_time_units_allocation),
  }
  ctx.myself = ctx
end

local function run_one(ctx, request)
  last_model = request.model -- a global, assigned inside of a function
  local success, result = pcall(llm.rs.exec_prompt_in_provider, ctx, request)
  if success then
    ctx.policy.spent = ctx.policy.spent + rat.new(result.consumed_gen)
    result.consumed_gen = rat.new(result.tokens.total) * rat.new("1/2")
    return result
  end
  local user_error = lib.rs.as_user_error(result)
  if user_error == nil then
    error(result)
  end
  local key = request.provider .. "/" .. request.model
  ctx.stats[key] = (ctx.stats[key] or 0) + 1
  local status = user_error.ctx and user_error.ctx.status
  if not llm.overloaded_statuses[status] then
    error(result)
  end
  host.log("warning", "overloaded: " .. table.concat(user_error.causes, ","), { error = user_error, ctx = ctx })
  return nil, llm.provider_http_error_description(status)
end

function ExecPrompt(ctx, args, remaining_gen)
  args.prompt = lib.rs.filter_text(args.prompt, { "NFKC", "RmZeroWidth", "NormalizeWS" })
  local mapped = llm.exec_prompt_transform(args)
  local timeout = remaining_gen / ctx.gen_per_time_unit * rat.new("3/2")
  if timeout <= rat.zero or timeout > MAX_TIMEOUT then
    timeout = nil
  end
  for _, name in ipairs(sorted_backends()) do
    local models = {}
    for model in pairs(llm.providers[name].models) do
      models[#models + 1] = model
    end
    table.sort(models, function(a, b) return a > b end)
    for _, model in ipairs(models) do
      local answer = run_one(ctx, {
        provider = name,
        model = model,
        prompt = mapped.prompt,
        format = mapped.format,
        timeout = timeout and timeout:to_float(),
      })
      if answer then
        return answer
      end
    end
  end
end

local BIG = rat.new("10") * rat.new("1000000000000000000000")

function Tests.a_prompt_survives_an_overloaded_backend(ctx)
  Setup(ctx)
  local answer = ExecPrompt(ctx, { prompt = " Hello  World ", response_format = "text", images = {} }, BIG)
  t.eq(answer.data, "Hello World")
  t.truthy(rat.is_rat(answer.consumed_gen))
  t.eq(tostring(answer.consumed_gen), "3/2")
  t.eq(ctx.stats, { ["primary/fail-503"] = 1 })
  t.eq(last_model, "echo")
  t.truthy(ctx.policy.spent < ctx.policy.limit)
  t.truthy(ctx.policy.spent == rat.new(7))
end

function Tests.errors_keep_their_type_through_error_and_pcall(ctx)
  Setup(ctx)
  local request = { provider = "second", model = "fail-401", prompt = { user_message = "x" }, format = "text" }
  local ok, e = pcall(run_one, ctx, request)
  t.eq(ok, false)
  t.eq(lib.rs.as_user_error(e).ctx.status, 401)
  local again = t.raises("STATUS_NOT_OK", error, e)
  t.eq(again.ctx.status, 401)
  t.eq(lib.rs.as_user_error({ causes = { "x" } }), nil)
  t.eq(lib.rs.as_user_error("text"), nil)
end

function Tests.remaining_gen_is_like_a_number(ctx)
  Setup(ctx)
  t.truthy(BIG > 5)
  t.truthy(5 < BIG)
  t.eq((BIG / ctx.gen_per_time_unit):to_float(), 10.0)
  t.eq(tostring(BIG - BIG), "0")
  t.eq(tostring(BIG / 3), "10000000000000000000000/3")
end

function Tests.string_methods_and_libraries_are_there()
  local text = "a,b;c"
  t.eq(text:upper():sub(1, 3), "A,B")
  t.eq(text:gsub("[,;]", "-"), "a-b-c")
  t.eq(("%d %s"):format(3, "x"), "3 x")
  local parts = {}
  for part in text:gmatch("[^,;]+") do
    table.insert(parts, part)
  end
  t.eq(parts, { "a", "b", "c" })
  t.eq(math.floor(2.5), 2)
  t.eq(type(os.time()), "number")
  t.eq(type(os.date("%Y")), "string")
  t.eq(io.popen, nil)
  t.eq(io.stdout, nil)
  t.eq(debug, nil)
  t.eq(os.execute, nil)
  t.eq(require("lib-genvm"), lib)
end

function Tests.random_choice_with_bytes()
  local b1, b2, b3, b4 = string.byte(lib.rs.random_bytes(4), 1, 4)
  local seed = (((b1 * 256 + b2) * 256 + b3) * 256 + b4) % 2147483647
  t.truthy(seed >= 0)
  local x = lib.map_01_to_range(lib.rs.random_float(), 1, 2)
  t.truthy(x >= 1 and x < 2)
end
