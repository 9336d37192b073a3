-- With `greybox` in the configuration (docs/greyboxing.md) each prompt has a draw: ctx.greybox. This script takes it as it is,
-- but for two cases that only a script can know: prompts of a contract that must be cheap go to one model, and a leader's
-- prompts are never sampled warmer than 0.3.

local llm = require("lib-llm")

local CHEAP = {
  ["0x00000000000000000000000000000000000000c0"] = { provider = "small", model = "m" },
}
local WARMEST_AS_LEADER = 0.3

local function adjust(ctx)
  local drawn = ctx.greybox
  -- Without `greybox` in the configuration there is none.
  if not drawn then
    return
  end
  local cheap = CHEAP[ctx.host_data and ctx.host_data.contract_address]
  if cheap then
    drawn.models = { cheap }
  end
  if ctx.role == "leader" and drawn.temperature then
    drawn.temperature = math.min(drawn.temperature, WARMEST_AS_LEADER)
  end
end

local function dispatch(ctx, mapped)
  adjust(ctx)
  -- A temperature in `prompt` would count before the draw; in `defaults` it counts behind it.
  local defaults = { temperature = mapped.prompt.temperature, max_tokens = mapped.prompt.max_tokens }
  mapped.prompt.temperature, mapped.prompt.max_tokens = nil, nil
  local answer = llm.rs.exec_prompt(ctx, {
    prompt = mapped.prompt,
    format = mapped.format,
    schema = mapped.schema,
    defaults = defaults,
  })
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end

function ExecPrompt(ctx, args)
  return dispatch(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args)
  return dispatch(ctx, llm.exec_prompt_template_transform(args))
end
