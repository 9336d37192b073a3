-- The script that ships with the LLM module. It cleans a prompt and leaves the rest to `llm.rs.exec_prompt`: which model is
-- asked, and which next when one fails, is what the configuration says under `routing` (docs/routing.md). When nothing is
-- left to ask, the contract sees NO_PROVIDER_FOR_PROMPT with the list of attempts (never the prompt).
--
-- To make your node differ from others ("greyboxing"), say under `greybox` in the configuration what is drawn for each
-- prompt (docs/greyboxing.md): this script uses it. For more, copy this file, change it and point `lua_script_path` at the copy.
-- Places made for that are marked GREYBOX below; examples/scripts/ has worked examples, and genvm-llm-greybox.lua beside
-- this file is a chain of models in an order of your own. What to keep in mind:
--   * Different validators should not fail in the same way for the same input: vary models, order, temperature, filters.
--   * Do not vary what the answer means: the templates decide that, and validators must be able to agree.
--   * `ctx` lives as long as the session. Globals may be gone at the next session.
--   * docs/lua-reference.md lists every function; lua/meta/ holds types for editors.

local llm = require("lib-llm")

-- GREYBOX: what is done to a contract's prompt before a model sees it.
local PROMPT_FILTERS = { "NFKC", "RmZeroWidth", "NormalizeWS" }

-- What the library proposes counts where the configuration says nothing for the model that is asked.
local function take_defaults(prompt)
  local defaults = { temperature = prompt.temperature, max_tokens = prompt.max_tokens }
  prompt.temperature, prompt.max_tokens = nil, nil
  return defaults
end

-- `asked`: models that must not be asked, because they have given their opinion; nil when there is none other.
local function dispatch(ctx, mapped, remaining_gen, asked, spent)
  llm.check_spending(ctx)
  local request = {
    -- GREYBOX: what the models are asked: temperature, seed, extra, max_tokens.
    defaults = take_defaults(mapped.prompt),
    prompt = mapped.prompt,
    format = mapped.format,
    schema = mapped.schema,
    -- GREYBOX: `strategy` and `exclude` choose for this prompt alone; llm.rs.route shows what they would choose.
    exclude = asked,
    timeout = llm.paid_seconds(ctx, remaining_gen, spent),
  }
  if asked ~= nil and #llm.rs.route(ctx, request).candidates == 0 then
    return nil
  end
  local answer = llm.rs.exec_prompt(ctx, request)
  llm.count_spending(ctx, answer)
  return answer
end

local function answer_of(answer)
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end

-- Once a session, before its first prompt.
Setup = llm.begin_spending

function ExecPrompt(ctx, args, remaining_gen)
  llm.check_spending(ctx)
  args.prompt = llm.clean_prompt(args.prompt, PROMPT_FILTERS)
  return answer_of(dispatch(ctx, llm.exec_prompt_transform(args), remaining_gen))
end

-- As many opinions as `judge` of the configuration says (docs/judges.md).
function ExecPromptTemplate(ctx, args, remaining_gen)
  return llm.judge(args, function(mapped, asked, spent)
    return dispatch(ctx, mapped, remaining_gen, asked, spent)
  end)
end
