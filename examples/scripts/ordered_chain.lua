-- An ordered chain: models are asked in the order of CHAIN until one answers. Which failure leads to the next model is this
-- script's decision; llm.rs.exec_prompt would decide it by the configuration.

local lib = require("lib-genvm")
local llm = require("lib-llm")

local CHAIN = {
  { provider = "main", model = "large" },
  { provider = "main", model = "small" },
  { provider = "other", model = "spare" },
}

-- Faults of the model or of the way to it. Anything else (a wrong request, a used-up budget) would happen again.
local NEXT_MODEL_HELPS = {
  STATUS_NOT_OK = true,
  SENDING_REQUEST = true,
  READING_BODY = true,
  DEADLINE_EXCEEDED = true,
  DESERIALIZING = true,
  ANSWER_NOT_USABLE = true,
}

local function code_of(raised)
  local err = lib.rs.as_user_error(raised)
  return err and err.causes[1]
end

local function ask_chain(ctx, mapped)
  local failures = {}
  for _, at in ipairs(CHAIN) do
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, {
      provider = at.provider,
      model = at.model,
      prompt = mapped.prompt,
      format = mapped.format,
    })
    if ok then
      return { data = answer.data, consumed_gen = answer.consumed_gen }
    end
    local code = code_of(answer)
    if not NEXT_MODEL_HELPS[code] then
      error(answer)
    end
    failures[#failures + 1] = at.provider .. "/" .. at.model .. ": " .. code
  end
  lib.rs.user_error { causes = { "NO_MODEL_ANSWERED" }, fatal = false, ctx = { failures = failures } }
end

function ExecPrompt(ctx, args)
  return ask_chain(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args)
  return ask_chain(ctx, llm.exec_prompt_template_transform(args))
end
