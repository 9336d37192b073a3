-- More than one opinion on a template: what lib-llm judges with. Scripts ask lib-llm for it.
local _, host = ...
local lib = require("lib-genvm")

---@type llm.rs
local rs = host["llm.rs"]

-- EqComparative with the two answers in changed places.
local function swapped(args)
  local copy = {}
  for name, value in pairs(args) do
    copy[name] = value
  end
  copy.leader_answer, copy.validator_answer = args.validator_answer, args.leader_answer
  return copy
end

-- Errors that end the prompt, whatever a further opinion was for.
local ENDS_PROMPT = {
  CANCELLED = true,
  INSUFFICIENT_EXECUTION_BUDGET = true,
  SCRIPT_BAD_ARGUMENT = true,
  SCRIPT_CANNOT_WAIT = true,
  SCRIPT_CPU_LIMIT = true,
  SCRIPT_MEMORY_LIMIT = true,
}

-- A further opinion, or nil when it cannot be had. The error is told by its code: its text could repeat the prompt.
local function further_opinion(ask, mapped, asked, spent)
  local ok, answer = pcall(ask, mapped, asked, spent)
  if ok then
    return answer
  end
  local err = lib.rs.as_user_error(answer)
  if err == nil or ENDS_PROMPT[err.causes[1]] then
    error(answer, 0)
  end
  lib.log { level = "warning", message = "a further opinion cannot be had", error = err.causes[1] }
  return nil
end

-- What `yes` and `no` of `total` opinions come to when `left` more may follow: true, false, "none" (there is no majority),
-- or nil while it is open.
local function outcome(yes, no, left, total, disagree)
  if 2 * yes > total then
    return true
  elseif 2 * no > total or disagree == "false" and yes == 0 and 2 * left <= total then
    return false
  elseif left == 0 or disagree == "false" and 2 * (yes + left) <= total then
    return "none"
  end
  return nil
end

local function without_majority(judging)
  local settings, template, votes, records = judging.settings, judging.args.template, judging.votes, judging.records
  judging:note(settings.disagree == "refuse" and "refused" or "no_majority")
  lib.log { level = "info", message = "the opinions on a template have no majority", template = template, records = records }
  if settings.disagree == "refuse" then
    lib.rs.user_error {
      causes = { "JUDGES_DISAGREE" },
      fatal = false,
      ctx = {
        detail = "the models disagree, or an opinion cannot be had",
        template = template,
        opinions = votes,
        records = records,
      },
    }
  end
  return false
end

-- One question after another until the verdict is certain.
---@class Judging
local Judging = {}
Judging.__index = Judging

function Judging.new(llm, args, ask)
  local settings = rs.judge
  local first = llm.exec_prompt_template_transform(args)
  local swaps = settings.swap and args.template == "EqComparative"
  return setmetatable({
    llm = llm,
    args = args,
    ask = ask,
    settings = settings,
    first = first,
    swaps = swaps,
    total = first.format == "bool" and math.max(settings.models, swaps and 2 or 1) or 1,
    asked = {},
    votes = {},
    records = {},
    yes = 0,
    no = 0,
    spent = rat.zero,
    changed = 0,
    missing = 0,
  }, Judging)
end

-- For the module's metrics.
function Judging:note(outcome)
  rs.note_judgement {
    template = self.args.template,
    outcome = outcome,
    opinions = #self.votes,
    swapped = self.changed,
    missing = self.missing,
    agreed = self.missing == 0 and (self.yes == 0 or self.no == 0),
  }
end

function Judging:take(answer)
  self.spent = self.spent + (answer.consumed_gen or 0)
  self.asked[#self.asked + 1] = { provider = answer.provider, model = answer.model }
  self.votes[#self.votes + 1] = answer.data
  self.records[#self.records + 1] = answer.record
  if answer.data then
    self.yes = self.yes + 1
  else
    self.no = self.no + 1
  end
end

-- The n-th opinion, or nil. Every second question has the answers in changed places, where that is asked for.
function Judging:further(n)
  local changes = self.swaps and n % 2 == 0
  local mapped = self.llm.exec_prompt_template_transform(changes and swapped(self.args) or self.args, self.first.phrasing)
  if self.settings.models > 1 then
    local answer = further_opinion(self.ask, mapped, self.asked, self.spent)
    if answer ~= nil or not changes then
      return answer, changes
    end
  end
  return further_opinion(self.ask, mapped, nil, self.spent), changes
end

function Judging:verdict()
  local verdict = outcome(self.yes, self.no, self.total - 1, self.total, self.settings.disagree)
  local planned = self.total
  for n = 2, planned do
    if verdict ~= nil then
      break
    end
    local answer, changed = self:further(n)
    if answer ~= nil then
      self:take(answer)
      self.changed = self.changed + (changed and 1 or 0)
    else
      self.missing = self.missing + 1
      if self.settings.when_missing == "first" then
        self.total = self.total - 1
      end
    end
    verdict = outcome(self.yes, self.no, planned - n, self.total, self.settings.disagree)
  end
  if verdict == "none" then
    return without_majority(self)
  end
  self:note(verdict and "true" or "false")
  return verdict
end

--- What llm.judge does.
---@param llm table lib-llm, as the script sees it now
---@param args LLMExecPromptTemplatePayload
---@param ask fun(mapped: MappedPrompt, asked: {provider: string, model: string}[]|nil, spent: Rat): table|nil
---@return { data: string|boolean|table, consumed_gen: Rat|integer }
return function(llm, args, ask)
  local judging = Judging.new(llm, args, ask)
  local first = ask(judging.first, nil, rat.zero)
  if judging.first.format == "bool" then
    judging:take(first)
  end
  if judging.total == 1 then
    if judging.first.format == "bool" then
      judging:note(first.data and "true" or "false")
    end
    return { data = first.data, consumed_gen = first.consumed_gen }
  end
  local verdict = judging:verdict()
  return { data = verdict, consumed_gen = judging.spent }
end
