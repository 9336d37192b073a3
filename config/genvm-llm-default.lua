-- The script that ships with the LLM module. It cleans a prompt, then asks one backend after another until one answers.
--
-- The order is fixed, so that an operator can say what will happen:
--   1. only models that can do what the prompt needs (JSON for "json" and "bool", images when there are any)
--   2. higher `meta.priority` first: a model's own, else its backend's, else 0
--   3. then by backend name, then by model name
-- Whatever goes wrong with one backend, the next one gets the prompt; the log says why. When none is left, the contract
-- sees NO_PROVIDER_FOR_PROMPT with the list of attempts (never the prompt).
--
-- To make your node differ from others ("greyboxing"), copy this file, change it and point `lua_script_path` at the copy.
-- Places made for that are marked GREYBOX below; examples/scripts/ has worked examples. What to keep in mind:
--   * Different validators should not fail in the same way for the same input: vary models, order, temperature, filters.
--   * Do not vary what the answer means: the templates decide that, and validators must be able to agree.
--   * `ctx` lives as long as the session. Globals may be gone at the next session.
--   * docs/lua-reference.md lists every function; lua/meta/ holds types for editors.

local lib = require("lib-genvm")
local llm = require("lib-llm")

-- GREYBOX: what is done to a contract's prompt before a model sees it.
local PROMPT_FILTERS = { "NFKC", "RmZeroWidth", "NormalizeWS" }

-- A prompt may take half as long again as its fuel pays for. Under a second nothing useful comes back; over a minute the
-- configured timeouts are the better judges.
local TIME_TOLERANCE = rat.new(3, 2)
local SHORTEST_SECONDS = 1
local LONGEST_SECONDS = 60

-- Errors that no other backend can mend.
local FINAL = {
  CANCELLED = true,
  INSUFFICIENT_EXECUTION_BUDGET = true,
  SCRIPT_BAD_ARGUMENT = true,
  SCRIPT_CANNOT_WAIT = true,
  SCRIPT_CPU_LIMIT = true,
  SCRIPT_MEMORY_LIMIT = true,
}

local function priority_of(entry)
  local meta = entry.meta
  return type(meta) == "table" and tonumber(meta.priority) or nil
end

-- GREYBOX: the order of the candidates.
local function comes_before(a, b)
  if a.priority ~= b.priority then
    return a.priority > b.priority
  end
  if a.provider ~= b.provider then
    return a.provider < b.provider
  end
  return a.model < b.model
end

local function candidates_of(providers)
  local candidates = {}
  for provider, backend in pairs(providers) do
    local backend_priority = priority_of(backend) or 0
    for model, settings in pairs(backend.models) do
      candidates[#candidates + 1] = {
        provider = provider,
        model = model,
        priority = priority_of(settings) or backend_priority,
        use_max_completion_tokens = settings.use_max_completion_tokens,
        temperature = settings.temperature,
        max_tokens = settings.max_tokens,
      }
    end
  end
  table.sort(candidates, comes_before)
  return candidates
end

-- By what a prompt needs; made when first needed.
local candidates_for = {}

local function candidates(prompt, format)
  local needs_json = format ~= "text"
  local has_images = next(prompt.images) ~= nil
  local needs = (needs_json and "json" or "text") .. (has_images and "+image" or "")
  local found = candidates_for[needs]
  if found == nil then
    found = candidates_of(llm.select_providers_for(prompt, format))
    candidates_for[needs] = found
  end
  return found, needs
end

-- Seconds the remaining fuel pays for, or nil when the host does not meter time.
local function paid_seconds(ctx, remaining_gen)
  if ctx.gen_per_time_unit == nil then
    return nil
  end
  local seconds = remaining_gen / ctx.gen_per_time_unit * TIME_TOLERANCE
  if seconds <= rat.zero or seconds > LONGEST_SECONDS then
    return nil
  end
  if seconds < SHORTEST_SECONDS then
    lib.log { level = "warning", message = "the remaining fuel pays for no prompt", seconds = seconds:to_float() }
    llm.exhaust()
  end
  return seconds:to_float()
end

local function account(ctx, answer)
  local spent = ctx.spending
  if spent.limit == nil or answer.consumed_gen == nil then
    return
  end
  spent.gen = spent.gen + answer.consumed_gen
  spent.exhausted = spent.gen >= spent.limit
end

-- Our own deadline passed, not a backend's: there is no time left for another one.
local function is_final(err)
  local code = err.causes[1]
  return FINAL[code] or code == "DEADLINE_EXCEEDED" and err.ctx.timeout == "deadline"
end

-- What is told about a failed attempt: codes, never texts, which could repeat the prompt.
local function attempt_of(candidate, err)
  local status = err.ctx.status
  return {
    provider = candidate.provider,
    model = candidate.model,
    error = err.causes[1],
    status = status,
    kind = llm.provider_http_error_description(status),
  }
end

local function raise_no_provider(needs, attempts)
  local why = #attempts == 0 and "no enabled model supports " .. needs .. " prompts" or "every candidate failed"
  lib.log { level = "error", message = "no provider for the prompt", reason = why, attempts = attempts }
  lib.rs.user_error {
    causes = { "NO_PROVIDER_FOR_PROMPT", why },
    fatal = true,
    ctx = { needs = needs, attempts = attempts },
  }
end

local function dispatch(ctx, mapped, remaining_gen)
  local prompt, format = mapped.prompt, mapped.format
  local temperature, max_tokens = prompt.temperature, prompt.max_tokens
  local timeout = paid_seconds(ctx, remaining_gen)
  local found, needs = candidates(prompt, format)
  local attempts = {}
  for _, candidate in ipairs(found) do
    -- GREYBOX: what this backend is asked: temperature, seed, extra, max_tokens.
    prompt.use_max_completion_tokens = candidate.use_max_completion_tokens
    -- What the configuration says for this model counts before the library's defaults.
    prompt.temperature = candidate.temperature or temperature
    prompt.max_tokens = candidate.max_tokens or max_tokens
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, {
      provider = candidate.provider,
      model = candidate.model,
      prompt = prompt,
      format = format,
      timeout = timeout,
    })
    if ok then
      account(ctx, answer)
      return { data = answer.data, consumed_gen = answer.consumed_gen }
    end
    local err = lib.rs.as_user_error(answer)
    if err == nil or is_final(err) then
      error(answer, 0)
    end
    local attempt = attempt_of(candidate, err)
    attempts[#attempts + 1] = attempt
    lib.log { level = "warning", message = "a backend failed, trying the next", attempt = attempt, error = err }
  end
  raise_no_provider(needs, attempts)
end

-- Once a session, before its first prompt.
function Setup(ctx)
  local spending = { gen = rat.zero, exhausted = false }
  ctx.spending = spending
  local gen_per_time_unit = ctx.gas_data and ctx.gas_data.genPerTimeUnit
  if gen_per_time_unit == nil then
    return
  end
  gen_per_time_unit = rat.new(gen_per_time_unit)
  if gen_per_time_unit:is_zero() then
    return
  end
  ctx.gen_per_time_unit = gen_per_time_unit
  local units = ctx.initial_time_units_allocation
  if units ~= nil then
    spending.limit = gen_per_time_unit * units
  end
end

function ExecPrompt(ctx, args, remaining_gen)
  if ctx.spending.exhausted then
    llm.exhaust()
  end
  args.prompt = lib.rs.filter_text(args.prompt, PROMPT_FILTERS)
  if args.prompt == "" then
    lib.rs.user_error { causes = { "EMPTY_PROMPT" }, fatal = false, ctx = {} }
  end
  return dispatch(ctx, llm.exec_prompt_transform(args), remaining_gen)
end

function ExecPromptTemplate(ctx, args, remaining_gen)
  if ctx.spending.exhausted then
    llm.exhaust()
  end
  return dispatch(ctx, llm.exec_prompt_template_transform(args), remaining_gen)
end
