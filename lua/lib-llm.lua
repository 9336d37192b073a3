-- require("lib-llm"): prompts and backends. The functions of the host are in `rs`; docs/lua-reference.md lists them.

local _, host = ...
local lib = require("lib-genvm")
local judge = require("lib-llm-judge")

---@alias Format "text"|"json"|"bool"
---@alias MergeStrategy "none"|"replace"|"merge_left"|"merge_right"|table<string, MergeStrategy>

---@class Prompt
---@field system_message string|nil
---@field user_message string
---@field temperature number
---@field images string[] encoded images (PNG or JPEG)
---@field max_tokens integer
---@field use_max_completion_tokens boolean send the limit as max_completion_tokens
---@field seed integer|nil
---@field extra table<string, any>|nil merged into the provider's request body
---@field extra_merge_strategy MergeStrategy|nil default "none"
---@field timeout number|nil seconds

---@class GreyboxModel
---@field provider string
---@field model string|nil nil: all of the provider

--- What was drawn for the request's prompts; change it, and that is used. Fields are absent where nothing was drawn.
---@class Greybox
---@field kind "text"|"json"|"image"|"eq_comparative"|"eq_non_comparative_leader"|"eq_non_comparative_validator"
---@field ordinal integer of the prompt in the session, from 1
---@field models GreyboxModel[]|nil in the order they are asked; nil: as routing has it
---@field temperature number|nil
---@field top_p number|nil
---@field seed integer|nil for the provider
---@field phrasing integer|nil position in the configured list, from 1
---@field sections integer[]|nil positions in the phrasing, from 1, each once
---@field delimiters { open: string, close: string }
---@field filters string[] as lib.rs.filter_text has them
---@field image_filters table[] as lib.rs.filter_image has them

--- The session's ctx: the fields of the hello, what the script puts into it, and the draw.
---@class LlmContext
---@field greybox Greybox|false|nil with `greybox` in the configuration; false: nothing is drawn
---@field [string] any

---@class MappedPrompt
---@field prompt Prompt
---@field format Format
---@field schema string|nil the JSON Schema of the answer, where the template has one
---@field phrasing integer|nil which phrasing of the template was drawn

---@class ModelConfig
---@field enabled boolean
---@field supports_json boolean
---@field supports_image boolean
---@field use_max_completion_tokens boolean
---@field meta any what the configuration says under `meta`
---@field timeout number|nil seconds
---@field temperature number|nil the configured default
---@field max_tokens integer|nil the configured default

---@class ProviderEntry
---@field models table<string, ModelConfig>
---@field meta any
---@field timeout number|nil seconds

---@alias ProvidersDB table<string, ProviderEntry>

---@class TokenUsage
---@field input integer|nil
---@field output integer|nil
---@field total integer|nil
---@field cache_read integer|nil
---@field cache_write integer|nil
---@field image_units integer|nil
---@field raw_usage table

---@class ProviderRequest
---@field provider string
---@field model string
---@field prompt Prompt
---@field data DataDemand|nil the error DATA_RULES when the backend does not fit it
---@field format Format
---@field schema table|string|nil a JSON Schema (draft 2020-12; a table or JSON text) that the answer must be valid against; not for "text"
---@field timeout number|nil seconds

---What backends must be for one prompt, beside what the operator's data rules say. Other fields are refused.
---@class DataDemand
---@field regions string[]|nil only backends whose `data.region` is one of these
---@field zero_retention_only boolean|nil only backends with `data.zero_retention: true`

---@class RoutedRequest
---@field prompt Prompt temperature and max_tokens may be absent
---@field data DataDemand|nil
---@field format Format
---@field schema table|string|nil a JSON Schema (draft 2020-12; a table or JSON text) that the answer must be valid against; not for "text"
---@field strategy "priority"|"weighted"|"least_busy"|"latency"|"cheapest"|"usage"|nil in place of the configured one
---@field exclude { provider: string, model: string|nil }[]|nil
---@field defaults { temperature: number|nil, max_tokens: integer|nil }|nil where neither prompt nor configuration says
---@field timeout number|nil seconds, of each call

---@class RoutedResult
---@field data string|boolean|table
---@field consumed_gen integer
---@field tokens TokenUsage
---@field provider string who answered
---@field model string
---@field cost string USD of all calls of the prompt, an exact decimal
---@field record string the decision record: genvm-modules explain shows it

---@class RouteEntry
---@field provider string
---@field model string
---@field endpoint integer from 1
---@field key integer from 1
---@field tier integer from 0
---@field reason string

---@class PromptTemplates
---@field eq_comparative { system: string, user: string, schema: string|nil }
---@field eq_non_comparative_leader { system: string, user: string }
---@field eq_non_comparative_validator { system: string, user: string, schema: string|nil }

---@class ProviderResult
---@field data string|boolean|table
---@field consumed_gen Rat
---@field tokens TokenUsage
---@field record string the decision record: genvm-modules explain shows it

---@class LLMExecPromptPayload
---@field response_format "text"|"json"
---@field prompt string
---@field images string[]

---@class LLMExecPromptTemplatePayload
---@field template "EqComparative"|"EqNonComparativeLeader"|"EqNonComparativeValidator"
---@field [string] string the template's slots

local M = {}

---@type llm.rs
local rs = host["llm.rs"]
M.rs = rs

---@type ProvidersDB
M.providers = rs.providers
M.templates = rs.templates
M.timeout = rs.timeout
M.exec_prompt_in_provider = rs.exec_prompt_in_provider
--- Ends the prompt as "the execution budget is used up". Never returns.
M.exhaust = rs.exhaust

--- Statuses by which a provider says that it is overloaded: the same request may work later or elsewhere.
---@type table<integer, boolean>
M.overloaded_statuses = { [408] = true, [429] = true, [503] = true, [504] = true, [529] = true }

local defaults = rs.defaults or {}
local TEMPERATURE = defaults.temperature or 0.7
local MAX_TOKENS = defaults.max_tokens or 8000
local TEMPLATE_MAX_TOKENS = defaults.template_max_tokens or 1000

--- What ExecPrompt gets, as a prompt for a provider.
---@param args LLMExecPromptPayload
---@return MappedPrompt
function M.exec_prompt_transform(args)
  local format = args.response_format or "text"
  return {
    format = format,
    prompt = {
      system_message = format == "json" and "Answer with one valid JSON object and nothing else." or nil,
      user_message = args.prompt,
      images = args.images or {},
      temperature = TEMPERATURE,
      max_tokens = MAX_TOKENS,
      use_max_completion_tokens = false,
    },
  }
end

--- A contract's prompt without what it does not need: `filters` are those of lib.rs.filter_text. Raises EMPTY_PROMPT when
--- nothing is left.
---@param prompt string
---@param filters string[]
---@return string
function M.clean_prompt(prompt, filters)
  local cleaned = lib.rs.filter_text(prompt, filters)
  if cleaned == "" then
    lib.rs.user_error { causes = { "EMPTY_PROMPT" }, fatal = false, ctx = {} }
  end
  return cleaned
end

local TEMPLATES = {
  EqComparative = { id = "eq_comparative", format = "bool" },
  EqNonComparativeLeader = { id = "eq_non_comparative_leader", format = "text" },
  EqNonComparativeValidator = { id = "eq_non_comparative_validator", format = "bool" },
}

local function unknown_template(name)
  lib.rs.user_error {
    causes = { "SCRIPT_BAD_ARGUMENT" },
    fatal = true,
    ctx = {
      detail = "exec_prompt_template_transform: there is no such prompt template",
      ["function"] = "exec_prompt_template_transform",
      argument = "template",
      found = tostring(name),
    },
  }
end

local function filled(template, args)
  local user = template.user:gsub("#{([%w_]+)}", function(slot)
    return slot ~= "template" and args[slot] or nil
  end)
  return { system = template.system, user = user }
end

--- What ExecPromptTemplate gets, as a prompt for a provider: hardened as `judge.harden` says (docs/judges.md), or the
--- configured text. There `#{slot}` is replaced in one pass: a value that contains `#{...}` or `%` stays literal, and a
--- placeholder without a slot of its name stays as it is.
---@param args LLMExecPromptTemplatePayload
---@param beside integer|nil the phrasing of an earlier question about the same texts: another one is drawn
---@return MappedPrompt
function M.exec_prompt_template_transform(args, beside)
  local kind = TEMPLATES[args.template]
  local template = kind and rs.templates[kind.id]
  if template == nil then
    unknown_template(args.template)
  end
  local texts = rs.harden_template(args, beside) or filled(template, args)
  return {
    format = kind.format,
    schema = template.schema,
    phrasing = texts.phrasing,
    prompt = {
      system_message = texts.system,
      user_message = texts.user,
      images = {},
      temperature = TEMPERATURE,
      max_tokens = TEMPLATE_MAX_TOKENS,
      use_max_completion_tokens = false,
    },
  }
end

--- Answers a template with as many opinions as `judge` of the configuration says (docs/judges.md). `ask` sends one
--- question; the first time `asked` is nil. Later `asked` lists the models that have given their opinion, none of which may
--- be asked again; it is nil where any model may be asked, with the answers in changed places. `ask` answers nil when
--- nobody else is there. Its answer may name `provider`, `model` and `record`; `spent` is what the opinions before it cost.
--- The answer has the sum. No question is asked once the verdict is certain.
---@param args LLMExecPromptTemplatePayload
---@param ask fun(mapped: MappedPrompt, asked: {provider: string, model: string}[]|nil, spent: Rat): table|nil
---@return { data: string|boolean|table, consumed_gen: Rat|integer }
function M.judge(args, ask)
  return judge(M, args, ask)
end

---@param capable fun(model: ModelConfig): boolean
---@return ProvidersDB
local function providers_where(capable)
  local found = {}
  for backend_name, backend in pairs(rs.providers) do
    local models
    for model_name, model in pairs(backend.models) do
      if capable(model) then
        models = models or {}
        models[model_name] = model
      end
    end
    if models then
      local copy = {}
      for key, value in pairs(backend) do
        copy[key] = value
      end
      copy.models = models
      found[backend_name] = copy
    end
  end
  return found
end

-- Made when first asked for: most sessions need one of them or none.
local SUBSETS = {
  providers_with_json_support = function(model)
    return model.supports_json
  end,
  providers_with_image_support = function(model)
    return model.supports_image
  end,
  providers_with_image_and_json_support = function(model)
    return model.supports_image and model.supports_json
  end,
}

setmetatable(M, {
  __index = function(self, name)
    local capable = SUBSETS[name]
    if capable == nil then
      return nil
    end
    local subset = providers_where(capable)
    rawset(self, name, subset)
    return subset
  end,
})

--- The backends, each with only those models that can answer the prompt in that format: "json" and "bool" need JSON
--- support, images need image support.
---@param prompt Prompt
---@param format Format
---@return ProvidersDB
function M.select_providers_for(prompt, format)
  local has_image = lib.get_first_from_table(prompt.images) ~= nil
  local needs_json = format == "json" or format == "bool"
  if has_image and needs_json then
    return M.providers_with_image_and_json_support
  elseif has_image then
    return M.providers_with_image_support
  elseif needs_json then
    return M.providers_with_json_support
  end
  return M.providers
end

-- A prompt may take half as long again as its fuel pays for. Under a second nothing useful comes back; over a minute the
-- configured timeouts are the better judges.
local TIME_TOLERANCE = rat.new(3, 2)
local SHORTEST_SECONDS = 1
local LONGEST_SECONDS = 60

--- Begins to count what a session spends, by the host's gas_data. For a script's Setup.
---@param ctx table
function M.begin_spending(ctx)
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

--- Counts an answer; `ctx.spending.exhausted` is true once the session has spent what it was given.
---@param ctx table
---@param answer { consumed_gen: Rat|integer|nil }
function M.count_spending(ctx, answer)
  local spent = ctx.spending
  if spent.limit == nil or answer.consumed_gen == nil then
    return
  end
  spent.gen = spent.gen + answer.consumed_gen
  spent.exhausted = spent.gen >= spent.limit
end

--- Ends the prompt once the session has spent what it was given.
---@param ctx table
function M.check_spending(ctx)
  if ctx.spending.exhausted then
    M.exhaust()
  end
end

--- Seconds the remaining fuel pays for, or nil when the host does not meter time. Ends the prompt when it pays for none.
---@param ctx table
---@param remaining_gen Rat
---@param spent Rat|nil what earlier questions of the same prompt cost
---@return number|nil
function M.paid_seconds(ctx, remaining_gen, spent)
  if ctx.gen_per_time_unit == nil then
    return nil
  end
  if spent ~= nil and spent > rat.zero and remaining_gen > rat.zero then
    remaining_gen = remaining_gen - spent
    if remaining_gen <= rat.zero then
      M.exhaust()
    end
  end
  local seconds = remaining_gen / ctx.gen_per_time_unit * TIME_TOLERANCE
  if seconds <= rat.zero or seconds > LONGEST_SECONDS then
    return nil
  end
  if seconds < SHORTEST_SECONDS then
    lib.log { level = "warning", message = "the remaining fuel pays for no prompt", seconds = seconds:to_float() }
    M.exhaust()
  end
  return seconds:to_float()
end

local STATUS_DESCRIPTIONS = {
  [400] = "bad_request",
  [401] = "auth_error",
  [403] = "auth_error",
  [404] = "model_unavailable",
  [408] = "timeout",
  [429] = "rate_limit",
  [504] = "gateway_timeout",
  [529] = "server_overloaded",
}

--- One word for the status of a provider's answer; nil means that none came.
---@param status integer|nil
---@return "rate_limit"|"timeout"|"gateway_timeout"|"auth_error"|"model_unavailable"|"bad_request"|"server_overloaded"|"server_error"|"network_error"|"unknown"
function M.provider_http_error_description(status)
  if status == nil then
    return "network_error"
  end
  local known = STATUS_DESCRIPTIONS[status]
  if known then
    return known
  end
  return type(status) == "number" and status >= 500 and "server_error" or "unknown"
end

return M
