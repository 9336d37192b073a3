-- A chain in a fixed order, for operators who number their models: `meta.greybox: {text: 1, image: 2}` makes a model the
-- first one for text and the second one for prompts with images. It cleans a prompt, then asks one model after another
-- until one answers. Set `lua_script_path` to this file to use it; the default script leaves the choice to `routing`.
--
-- The order, so that an operator can say what will happen:
--   1. only models that can do what the prompt needs (JSON for "json" and "bool", images when there are any)
--   2. those with a number for this kind of prompt, by that number; then those without one
--   3. higher `meta.priority` first: a model's own, else its backend's, else 0
--   4. then by backend name, then by model name
-- Whatever goes wrong with one backend, the next one gets the prompt; the log says why. When none is left, the contract
-- sees NO_PROVIDER_FOR_PROMPT with the list of attempts (never the prompt).
--
-- To make your node differ from others ("greyboxing"), copy this file and change it.
-- Places made for that are marked GREYBOX below; examples/scripts/ has worked examples. What to keep in mind:
--   * Different validators should not fail in the same way for the same input: vary models, order, temperature, filters.
--   * Do not vary what the answer means: the templates decide that, and validators must be able to agree.
--   * `ctx` lives as long as the session. Globals may be gone at the next session.
--   * docs/lua-reference.md lists every function; lua/meta/ holds types for editors.

local lib = require("lib-genvm")
local llm = require("lib-llm")

-- GREYBOX: what is done to a contract's prompt before a model sees it.
local PROMPT_FILTERS = { "NFKC", "RmZeroWidth", "NormalizeWS" }

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

-- The model's place in the operator's chain for this kind of prompt; models without one come last.
local function place_of(settings, kind)
  local meta = settings.meta
  local greybox = type(meta) == "table" and meta.greybox
  return type(greybox) == "table" and tonumber(greybox[kind]) or math.huge
end

-- GREYBOX: the order of the candidates.
local function comes_before(a, b)
  if a.place ~= b.place then
    return a.place < b.place
  end
  if a.priority ~= b.priority then
    return a.priority > b.priority
  end
  if a.provider ~= b.provider then
    return a.provider < b.provider
  end
  return a.model < b.model
end

local function candidates_of(providers, kind)
  local candidates = {}
  for provider, backend in pairs(providers) do
    local backend_priority = priority_of(backend) or 0
    for model, settings in pairs(backend.models) do
      candidates[#candidates + 1] = {
        provider = provider,
        model = model,
        place = place_of(settings, kind),
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
    found = candidates_of(llm.select_providers_for(prompt, format), has_images and "image" or "text")
    candidates_for[needs] = found
  end
  return found, needs
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

-- A failed call as hosts look for it in the text of the error.
local function for_hosts(attempt)
  return attempt and {
    provider = attempt.provider,
    model = attempt.model,
    status = attempt.status,
    error_message = attempt.error .. ": " .. attempt.kind,
  }
end

local function raise_no_provider(needs, attempts)
  local why = #attempts == 0 and "no enabled model supports " .. needs .. " prompts" or "every candidate failed"
  lib.log { level = "error", message = "no provider for the prompt", reason = why, attempts = attempts }
  lib.rs.user_error {
    causes = { "NO_PROVIDER_FOR_PROMPT" },
    fatal = true,
    ctx = {
      detail = why,
      needs = needs,
      attempts = attempts,
      primary_error = for_hosts(attempts[1]),
      fallback_error = #attempts > 1 and for_hosts(attempts[#attempts]) or nil,
    },
  }
end

-- Without models that have given their opinion on a template.
local function not_in(asked, found)
  local others = {}
  for _, candidate in ipairs(found) do
    local is_new = true
    for _, other in ipairs(asked) do
      is_new = is_new and (other.provider ~= candidate.provider or other.model ~= candidate.model)
    end
    if is_new then
      others[#others + 1] = candidate
    end
  end
  return others
end

local function dispatch(ctx, mapped, remaining_gen, asked, spent)
  llm.check_spending(ctx)
  local prompt, format = mapped.prompt, mapped.format
  local temperature, max_tokens = prompt.temperature, prompt.max_tokens
  local timeout = llm.paid_seconds(ctx, remaining_gen, spent)
  local found, needs = candidates(prompt, format)
  if asked ~= nil then
    found = not_in(asked, found)
    if #found == 0 then
      return nil
    end
  end
  local attempts = {}
  local drawn = ctx.greybox or {}
  for _, candidate in ipairs(found) do
    -- GREYBOX: what this backend is asked: temperature, seed, extra, max_tokens.
    prompt.use_max_completion_tokens = candidate.use_max_completion_tokens
    -- What `greybox` of the configuration has drawn counts first, then what it says for this model, then the library.
    prompt.temperature = drawn.temperature or candidate.temperature or temperature
    prompt.max_tokens = candidate.max_tokens or max_tokens
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, {
      provider = candidate.provider,
      model = candidate.model,
      prompt = prompt,
      format = format,
      schema = mapped.schema,
      timeout = timeout,
    })
    if ok then
      llm.count_spending(ctx, answer)
      return {
        data = answer.data,
        consumed_gen = answer.consumed_gen,
        provider = candidate.provider,
        model = candidate.model,
        record = answer.record,
      }
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
Setup = llm.begin_spending

function ExecPrompt(ctx, args, remaining_gen)
  llm.check_spending(ctx)
  args.prompt = llm.clean_prompt(args.prompt, PROMPT_FILTERS)
  local answer = dispatch(ctx, llm.exec_prompt_transform(args), remaining_gen)
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end

-- As many opinions as `judge` of the configuration says (docs/judges.md).
function ExecPromptTemplate(ctx, args, remaining_gen)
  return llm.judge(args, function(mapped, asked, spent)
    return dispatch(ctx, mapped, remaining_gen, asked, spent)
  end)
end
