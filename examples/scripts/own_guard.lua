-- A guard of this script's own, on both sides of the model: prompts that try to steer it are refused, and answers that hold
-- a link to a foreign host, or a key, do not reach the contract. Rules that every script should have belong into `guards`
-- of the configuration (docs/guards.md), which holds below any script; this is for what only code can decide.

local lib = require("lib-genvm")
local llm = require("lib-llm")

local INPUT_FILTERS = { "DecodeEntities", "RmControl", "RmBidi", "RmTags", "RmVariation", "PlainSpaces", "NFKC", "NormalizeWS" }
local STEERING = [[ignore (all )?(the )?(previous|above|earlier) (instructions|text)|you are now|system prompt]]
local KEY = [[\b(sk|pk|ghp|xox[bp])[-_][A-Za-z0-9_-]{16,}]]
local ALLOWED_HOSTS = { ["genlayer.com"] = true, ["docs.genlayer.com"] = true }

local function refuse(code, what)
  lib.rs.user_error { causes = { code }, fatal = false, ctx = what }
end

local function guard_input(text)
  local clean = lib.rs.filter_text(text, INPUT_FILTERS)
  -- Judged as it looks, whatever alphabet it is written in; sent as it was cleaned.
  local found = lib.rs.re2_find(STEERING, clean, { ignore_case = true })
  if found then refuse("PROMPT_REFUSED", { phrase = found.text }) end
  return clean
end

local function guard_output(text)
  if lib.rs.re2_match(KEY, text) then refuse("ANSWER_REFUSED", { why = "it holds a key" }) end
  for _, link in ipairs(lib.rs.re2_find_all([[https?://[^\s"'<>)]+]], text)) do
    local url = lib.rs.split_url(link.text)
    if url == nil or not ALLOWED_HOSTS[url.host] then
      refuse("ANSWER_REFUSED", { why = "it links to a foreign host" })
    end
  end
end

local function dispatch(ctx, mapped)
  local answer = llm.rs.exec_prompt(ctx, { prompt = mapped.prompt, format = mapped.format })
  -- Whatever the answer is made of, a text in it is a text.
  guard_output(type(answer.data) == "string" and answer.data or lib.rs.json_stringify { answer.data })
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end

function ExecPrompt(ctx, args)
  args.prompt = guard_input(args.prompt)
  return dispatch(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args)
  return dispatch(ctx, llm.exec_prompt_template_transform(args))
end
