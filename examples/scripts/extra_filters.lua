-- Filters on both sides of a model: what goes to it and what comes back. Everything else is the script that ships: this
-- one loads it by name, so `lua_path` must hold its folder ("${genvmRoot}/config/?.lua"), and wraps its entry points.

require("genvm-llm-default")

local lib = require("lib-genvm")

local inner_prompt, inner_template = ExecPrompt, ExecPromptTemplate

-- Words that steer a model more often than they carry meaning in a contract's prompt. Plain finds, no patterns: a
-- prompt is longer than pattern functions take.
local STEERING = { "ignore all previous instructions", "ignore the above" }

local function refuse_steering(text)
  local lower = text:lower()
  for _, phrase in ipairs(STEERING) do
    if lower:find(phrase, 1, true) then
      lib.rs.user_error { causes = { "PROMPT_REFUSED" }, fatal = false, ctx = { phrase = phrase } }
    end
  end
end

local function clean_answer(answer)
  if type(answer.data) == "string" then
    answer.data = lib.rs.filter_text(answer.data, { "NFC", "RmZeroWidth" })
  end
  return answer
end

function ExecPrompt(ctx, args, remaining_gen)
  refuse_steering(lib.rs.filter_text(args.prompt, { "NFKC", "RmZeroWidth" }))
  return clean_answer(inner_prompt(ctx, args, remaining_gen))
end

-- Only what a contract wrote freely is looked at; the judged answer is data, and the template says so to the model.
function ExecPromptTemplate(ctx, args, remaining_gen)
  for _, slot in ipairs { "task", "criteria", "principle" } do
    if args[slot] then
      args[slot] = lib.rs.filter_text(args[slot], { "NFKC", "RmZeroWidth" })
    end
  end
  return clean_answer(inner_template(ctx, args, remaining_gen))
end
