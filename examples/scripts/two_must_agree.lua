-- Two models of different makers must agree, or the contract gets an error that it may catch. For verdicts and for JSON
-- answers whose fields are facts; free texts never agree word for word.

local lib = require("lib-genvm")
local llm = require("lib-llm")

local MODELS = {
  { provider = "first", model = "a" },
  { provider = "second", model = "b" },
}

local function ask(ctx, at, mapped)
  return llm.rs.exec_prompt_in_provider(ctx, {
    provider = at.provider,
    model = at.model,
    prompt = mapped.prompt,
    format = mapped.format,
  })
end

-- A JSON answer is a text for some hosts and a table for others. json_stringify writes keys in one order, so equal values
-- are equal texts.
local function canonical(data, format)
  local value = data
  if format == "json" and type(data) == "string" then value = lib.rs.json_parse(data) end
  return lib.rs.json_stringify { value }
end

local function ask_both(ctx, mapped)
  local first = ask(ctx, MODELS[1], mapped)
  local second = ask(ctx, MODELS[2], mapped)
  if canonical(first.data, mapped.format) ~= canonical(second.data, mapped.format) then
    lib.rs.user_error { causes = { "MODELS_DISAGREE" }, fatal = false, ctx = { first = first.data, second = second.data } }
  end
  return { data = first.data, consumed_gen = first.consumed_gen + second.consumed_gen }
end

function ExecPrompt(ctx, args)
  return ask_both(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args)
  return ask_both(ctx, llm.exec_prompt_template_transform(args))
end
