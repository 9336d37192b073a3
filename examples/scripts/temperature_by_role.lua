-- Temperature by role: a leader writes with some freedom, a validator judges coldly, and each validator a little
-- differently. Hosts of the generations A and B send no role; they count as validators.

local lib = require("lib-genvm")
local llm = require("lib-llm")

local LEADER_TEMPERATURE = 0.8
local VALIDATOR_RANGE = { min = 0.0, max = 0.4 }

-- The same for all prompts of a transaction on this node, another one on other nodes: a hash of both names.
local function draw_from(text)
  local hash = lib.rs.sha2_256(text)
  return hash:byte(1) / 255
end

function Setup(ctx)
  if ctx.role == "leader" then
    ctx.temperature = LEADER_TEMPERATURE
    return
  end
  local x = draw_from(ctx.host_data.node_address .. "/" .. ctx.host_data.tx_id)
  ctx.temperature = lib.map_01_to_range(x, VALIDATOR_RANGE.min, VALIDATOR_RANGE.max)
end

local function dispatch(ctx, mapped)
  mapped.prompt.temperature = ctx.temperature
  local backend = lib.get_first_from_table_assert(llm.select_providers_for(mapped.prompt, mapped.format))
  local model = lib.get_first_from_table_assert(backend.value.models)
  mapped.prompt.use_max_completion_tokens = model.value.use_max_completion_tokens
  return llm.rs.exec_prompt_in_provider(ctx, {
    provider = backend.key,
    model = model.key,
    prompt = mapped.prompt,
    format = mapped.format,
  })
end

function ExecPrompt(ctx, args, remaining_gen)
  return dispatch(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args, remaining_gen)
  return dispatch(ctx, llm.exec_prompt_template_transform(args))
end
