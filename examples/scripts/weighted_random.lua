-- Weighted random choice: `meta.weight` of a model (default 1) says how often it comes first; the others follow in the
-- same drawn order when it fails. The seed is drawn once a session and logged, so that a choice can be explained later.
--
--   backends:
--     some-backend:
--       models:
--         some-model: {meta: {weight: 3}}

local lib = require("lib-genvm")
local llm = require("lib-llm")

-- The Park-Miller generator: the same seed gives the same order on every machine.
local function next_random(state)
  state.seed = state.seed * 48271 % 2147483647
  return state.seed / 2147483647
end

local function weight_of(settings)
  local meta = settings.meta
  return math.max(type(meta) == "table" and tonumber(meta.weight) or 1, 0)
end

-- Names sorted first: `pairs` has no order, and a draw must not depend on it.
local function all_models(providers)
  local models = {}
  for provider, backend in pairs(providers) do
    for model, settings in pairs(backend.models) do
      models[#models + 1] = {
        provider = provider,
        model = model,
        weight = weight_of(settings),
        use_max_completion_tokens = settings.use_max_completion_tokens,
      }
    end
  end
  table.sort(models, function(a, b)
    if a.provider ~= b.provider then
      return a.provider < b.provider
    end
    return a.model < b.model
  end)
  return models
end

local function draw(models, state)
  local total = 0
  for _, entry in ipairs(models) do
    total = total + entry.weight
  end
  local point = next_random(state) * total
  for index, entry in ipairs(models) do
    point = point - entry.weight
    if point < 0 then
      return table.remove(models, index)
    end
  end
  return table.remove(models)
end

local function dispatch(ctx, mapped)
  local left = all_models(llm.select_providers_for(mapped.prompt, mapped.format))
  local failed = {}
  while #left > 0 do
    local chosen = draw(left, ctx.random)
    mapped.prompt.use_max_completion_tokens = chosen.use_max_completion_tokens
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, {
      provider = chosen.provider,
      model = chosen.model,
      prompt = mapped.prompt,
      format = mapped.format,
    })
    if ok then
      return answer
    end
    local err = lib.rs.as_user_error(answer)
    if err == nil then
      error(answer, 0)
    end
    failed[#failed + 1] = { provider = chosen.provider, model = chosen.model, error = err.causes[1] }
  end
  lib.rs.user_error { causes = { "NO_PROVIDER_FOR_PROMPT" }, fatal = true, ctx = { attempts = failed } }
end

function Setup(ctx)
  local a, b, c, d = lib.rs.random_bytes(4):byte(1, 4)
  local seed = (((a * 256 + b) * 256 + c) * 256 + d) % 2147483646 + 1
  ctx.random = { seed = seed }
  lib.log { level = "info", message = "seed of the weighted choice", seed = seed, tx_id = ctx.host_data.tx_id }
end

function ExecPrompt(ctx, args, remaining_gen)
  return dispatch(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args, remaining_gen)
  return dispatch(ctx, llm.exec_prompt_template_transform(args))
end
