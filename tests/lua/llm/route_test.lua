-- llm.rs.route and exec_prompt as a script sees them; tests/e2e/route_script_test.cpp runs these on a real module.
-- Its backends: `a` (two keys, can do everything), `b` (text only, 2,000 tokens, weight 3), `dear` (beyond max_cost),
-- `limited` (asks for a pause of 2 s), `claims` (refuses JSON though it is configured).
local t = require("harness")
local lib = require("lib-genvm")
local llm = require("lib-llm")

local EVERYBODY = { "a", "b", "dear", "limited", "claims" }

local function prompt(more)
  local out = { user_message = "x", images = {}, temperature = 0.5, max_tokens = 40 }
  for key, value in pairs(more or {}) do
    out[key] = value
  end
  return out
end

local function request(more)
  local out = { prompt = prompt(), format = "text" }
  for key, value in pairs(more or {}) do
    out[key] = value
  end
  return out
end

local function all_but(...)
  local kept, out = {}, {}
  for _, name in ipairs { ... } do
    kept[name] = true
  end
  for _, name in ipairs(EVERYBODY) do
    if not kept[name] then
      out[#out + 1] = { provider = name }
    end
  end
  return out
end

-- Providers in their order, keys with a dot: "a", "a.2".
local function names(list)
  local out = {}
  for i, each in ipairs(list) do
    out[i] = each.provider .. (each.key > 1 and "." .. each.key or "")
  end
  return table.concat(out, " ")
end

local function reason(list, provider)
  for _, each in ipairs(list) do
    if each.provider == provider then
      local word, number = each.reason:match("^([%a_]+) (%-?%d+)$")
      return word, tonumber(number)
    end
  end
end

function Tests.the_first_is_the_one_the_configuration_prefers(ctx)
  local route = llm.rs.route(ctx, request())
  t.eq(names(route.candidates), "a a.2 b limited claims")
  t.eq(route.candidates[1], { provider = "a", model = "m", endpoint = 1, key = 1, tier = 0, reason = "priority 0" })
  t.eq(route.candidates[2].key, 2)
  t.eq(route.candidates[3].tier, 1)
  t.eq(names(route.rejected), "dear")
end

function Tests.each_strategy_gives_its_own_reason(ctx)
  local words = { priority = "priority", weighted = "weight", least_busy = "busy", latency = "latency", cheapest = "cost",
    usage = "usage" }
  for strategy, word in pairs(words) do
    local route = llm.rs.route(ctx, request { strategy = strategy })
    t.eq(#route.candidates, 5)
    t.eq(reason(route.candidates, "b"), word)
  end
  local _, weight = reason(llm.rs.route(ctx, request { strategy = "weighted" }).candidates, "b")
  t.eq(weight, 3000)
end

function Tests.a_price_is_in_nano_usd(ctx)
  local route = llm.rs.route(ctx, request { strategy = "cheapest" })
  local _, cost = reason(route.candidates, "a")
  -- 40 tokens of answer at 15 USD a million are 600,000; the prompt adds at most 2,000,000.
  t.truthy(cost > 600000 and cost < 2600000)
end

function Tests.exclude_takes_providers_and_models(ctx)
  local route = llm.rs.route(ctx, request { exclude = { { provider = "a" }, { provider = "b", model = "m" } } })
  t.eq(names(route.candidates), "limited claims")
  t.eq({ reason(route.rejected, "a") }, { "excluded", 0 })
  t.eq({ reason(route.rejected, "b") }, { "excluded", 0 })
  t.eq(names(llm.rs.route(ctx, request { exclude = { { provider = "b", model = "other" } } }).candidates),
    "a a.2 b limited claims")
  t.eq(#llm.rs.route(ctx, request { exclude = {} }).candidates, 5)
  t.eq(#llm.rs.route(ctx, request { exclude = { { provider = "nobody" } } }).candidates, 5)
end

function Tests.capabilities_are_asked_for(ctx)
  for _, format in ipairs { "json", "bool" } do
    local route = llm.rs.route(ctx, request { format = format })
    t.eq(names(route.candidates), "a a.2 limited claims")
    t.eq({ reason(route.rejected, "b") }, { "no_json", 0 })
  end
  local png = lib.rs.base64_decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
  local route = llm.rs.route(ctx, request { prompt = prompt { images = { png } } })
  t.eq(names(route.candidates), "a a.2")
  t.eq({ reason(route.rejected, "b") }, { "no_image", 0 })
end

function Tests.a_prompt_must_fit_the_context(ctx)
  local route = llm.rs.route(ctx, request { prompt = prompt { user_message = ("word "):rep(2000) } })
  t.eq({ reason(route.rejected, "b") }, { "context_too_short", 2000 })
end

function Tests.what_may_cost_too_much_is_left_out(ctx)
  local word, cost = reason(llm.rs.route(ctx, request()).rejected, "dear")
  t.eq(word, "too_expensive")
  t.truthy(cost > 500000000)
end

function Tests.a_pause_that_was_asked_for_is_kept_and_told(ctx)
  local err = t.raises("NO_PROVIDER_FOR_PROMPT", llm.rs.exec_prompt, ctx, request { exclude = all_but("limited") })
  t.eq(err.ctx.why, "unavailable")
  t.truthy(err.ctx.recovers_in_ms > 0 and err.ctx.recovers_in_ms <= 2000)
  local route = llm.rs.route(ctx, request())
  local word, left = reason(route.rejected, "limited")
  t.eq(word, "cooling")
  t.truthy(left > 0 and left <= 2000)
  t.eq(names(route.candidates), "a a.2 b claims")
end

function Tests.a_capability_that_turned_out_missing_is_remembered(ctx)
  local wanted = request { format = "json", exclude = all_but("claims") }
  t.raises("NO_PROVIDER_FOR_PROMPT", llm.rs.exec_prompt, ctx, wanted)
  t.eq({ reason(llm.rs.route(ctx, wanted).rejected, "claims") }, { "learned_no_json", 0 })
  t.eq(names(llm.rs.route(ctx, request { exclude = all_but("claims") }).candidates), "claims")
end

function Tests.with_nobody_left_both_say_so(ctx)
  local nobody = request { exclude = all_but() }
  local route = llm.rs.route(ctx, nobody)
  t.eq(#route.candidates, 0)
  t.eq(#route.rejected, 6)
  local err = t.raises("NO_PROVIDER_FOR_PROMPT", llm.rs.exec_prompt, ctx, nobody)
  t.eq(err.ctx.why, "no_candidate")
  t.eq(err.fatal, true)
end

function Tests.a_script_may_walk_the_list_itself(ctx)
  local tried = {}
  for _, each in ipairs(llm.rs.route(ctx, request { exclude = { { provider = "a" } }, strategy = "priority" }).candidates) do
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx,
      { provider = each.provider, model = each.model, format = "text", prompt = prompt() })
    tried[#tried + 1] = each.provider
    if ok then
      t.eq(answer.data:match("^%a+"), "b")
      break
    end
  end
  t.eq(tried, { "b" })
end

function Tests.exec_prompt_says_who_answered_at_what_cost(ctx)
  local answer = llm.rs.exec_prompt(ctx, request { exclude = { { provider = "a" } } })
  t.eq(answer.provider, "b")
  t.eq(answer.model, "m")
  t.truthy(answer.cost:match("^0%.0%d+$"))
  t.truthy(#answer.record > 0)
  t.truthy(answer.tokens.total > 0)
end

function Tests.arguments_may_be_left_out(ctx)
  t.eq(#llm.rs.route(ctx, { prompt = { user_message = "x" }, format = "text" }).candidates, 5)
  t.eq(#llm.rs.route(ctx, { prompt = { user_message = "x" } }).candidates, 5) -- text
end

function Tests.wrong_arguments_are_typed_errors(ctx)
  local wrong = {
    no_request = false,
    a_text = "request",
    a_list = { "request" },
    nothing = {},
    a_format_that_is_none = request { format = "yaml" },
    a_format_of_another_type = request { format = 7 },
    no_prompt = { format = "text" },
    a_prompt_of_another_type = { format = "text", prompt = "x" },
    no_message = { format = "text", prompt = { images = {} } },
    images_of_another_type = request { prompt = prompt { images = "x" } },
    a_negative_limit = request { prompt = prompt { max_tokens = -1 } },
    a_limit_with_a_fraction = request { prompt = prompt { max_tokens = 1.5 } },
    an_unknown_strategy = request { strategy = "best" },
    an_empty_strategy_of_another_type = request { strategy = {} },
    a_strategy_of_another_type = request { strategy = 3 },
    exclude_of_another_type = request { exclude = "a" },
    exclude_without_tables = request { exclude = { "a" } },
    exclude_without_a_provider = request { exclude = { { model = "m" } } },
    exclude_with_a_number = request { exclude = { { provider = 1 } } },
    defaults_of_another_type = request { defaults = 1 },
    a_default_of_another_type = request { defaults = { temperature = "hot" } },
    a_negative_timeout = request { timeout = -1 },
    a_timeout_of_another_type = request { timeout = "soon" },
    a_timeout_that_is_no_number = request { timeout = 0 / 0 },
  }
  local otherwise = {}
  for name, argument in pairs(wrong) do
    for _, f in ipairs { llm.rs.route, llm.rs.exec_prompt } do
      local ok, e = pcall(f, ctx, argument or nil)
      local err = not ok and lib.rs.as_user_error(e)
      if not err or err.causes[1] ~= "SCRIPT_BAD_ARGUMENT" or not err.fatal then
        otherwise[#otherwise + 1] = name .. ": " .. (ok and "taken" or err and err.causes[1] or tostring(e))
      end
    end
  end
  t.eq(otherwise, {})
end

function ExecPrompt(ctx, args)
  if args.prompt == "names" then
    return { data = table.concat(TestNames(), " ") }
  end
  RunTest(ctx, args.prompt)
  return { data = "passed" }
end

function ExecPromptTemplate()
  error("not in these tests")
end
