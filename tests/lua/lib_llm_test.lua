local t = require("harness")
local lib = require("lib-genvm")
local llm = require("lib-llm")

function Tests.constants_of_the_host()
  t.eq(llm.providers.primary.meta.priority, 10)
  t.eq(llm.rs.templates.eq_comparative.system, "judge")
  t.eq(llm.templates.eq_comparative.system, "judge")
  t.eq(llm.timeout, nil)
  for _, status in ipairs { 408, 429, 503, 504, 529 } do
    t.eq(llm.overloaded_statuses[status], true)
  end
  t.eq(llm.overloaded_statuses[500], nil)
end

function Tests.exec_prompt_transform_fills_defaults()
  local mapped = llm.exec_prompt_transform { prompt = "p", response_format = "text", images = { "i" } }
  t.eq(mapped, {
    format = "text",
    prompt = {
      user_message = "p",
      images = { "i" },
      temperature = 0.25,
      max_tokens = 4321,
      use_max_completion_tokens = false,
    },
  })
  t.truthy(llm.exec_prompt_transform({ prompt = "p", response_format = "json" }).prompt.system_message)
  t.eq(llm.exec_prompt_transform({ prompt = "p" }).format, "text")
end

function Tests.clean_prompt_raises_when_nothing_is_left()
  t.eq(llm.clean_prompt("  a   b ", { "NormalizeWS" }), "a b")
  t.raises("EMPTY_PROMPT", llm.clean_prompt, " \t ", { "NormalizeWS" })
end

function Tests.check_spending_ends_only_what_is_spent()
  llm.check_spending { spending = { exhausted = false } }
  t.raises("INSUFFICIENT_EXECUTION_BUDGET", llm.check_spending, { spending = { exhausted = true } })
end

function Tests.template_values_stay_literal()
  local mapped = llm.exec_prompt_template_transform {
    template = "EqComparative",
    leader_answer = "#{principle} %1 %%",
    validator_answer = "#{template}",
    principle = "#{leader_answer}",
  }
  t.eq(mapped.prompt.user_message, "A #{principle} %1 %% B #{template} P #{leader_answer} #{other}")
  t.eq(mapped.prompt.system_message, "judge")
  t.eq(mapped.prompt.images, {})
  t.eq(mapped.format, "bool")
end

function Tests.leader_template_answers_text()
  local mapped = llm.exec_prompt_template_transform {
    template = "EqNonComparativeLeader", task = "t", criteria = "c", input = "i",
  }
  t.eq(mapped.format, "text")
  t.eq(mapped.prompt.user_message, "T t C c I i")
end

function Tests.unknown_template_is_a_typed_error()
  local err = t.raises("SCRIPT_BAD_ARGUMENT", llm.exec_prompt_template_transform, { template = "Nope" })
  t.eq(err.ctx.found, "Nope")
  t.raises("SCRIPT_BAD_ARGUMENT", llm.exec_prompt_template_transform, {})
  -- Known to the library, absent from the configuration.
  t.raises("SCRIPT_BAD_ARGUMENT", llm.exec_prompt_template_transform, { template = "EqNonComparativeValidator" })
end

-- llm.judge() with these settings and answers: "t", "f", "x" (an error), "-" (nobody there). Gives the verdict and how often
-- it asked.
local function judged(settings, answers, template)
  local kept, kept_note, asks = llm.rs.judge, llm.rs.note_judgement, {}
  llm.rs.note_judgement = settings.note or kept_note
  llm.rs.judge = {
    swap = settings.swap or false,
    models = settings.models or 1,
    disagree = settings.disagree or "false",
    when_missing = settings.when_missing or "disagree",
  }
  local args = { template = template or "EqComparative", leader_answer = "L", validator_answer = "V", principle = "P" }
  local ok, answer = pcall(llm.judge, args, function(mapped, asked, spent)
    local n = #asks + 1
    asks[n] = { text = mapped.prompt.user_message, asked = asked and #asked, spent = spent }
    local kind = answers:sub(n, n)
    if kind == "x" then
      lib.rs.user_error { causes = { "STATUS_NOT_OK" }, fatal = true, ctx = {} }
    elseif kind == "e" then
      lib.rs.user_error { causes = { "CANCELLED" }, fatal = true, ctx = {} }
    elseif kind == "-" then
      return nil
    end
    return { data = kind == "t", consumed_gen = 5, provider = "p" .. n, model = "m", record = "r" .. n }
  end)
  llm.rs.judge, llm.rs.note_judgement = kept, kept_note
  if not ok then
    return lib.rs.as_user_error(answer).causes[1], asks
  end
  return answer.data, asks, answer.consumed_gen
end

function Tests.judge_stops_once_the_verdict_is_certain()
  local rows = {
    -- models, disagree, when_missing, answers, verdict, questions
    { 1, "false", "disagree", "t", true, 1 },
    { 1, "refuse", "disagree", "f", false, 1 },
    { 2, "false", "disagree", "tt", true, 2 },
    { 2, "false", "disagree", "tf", false, 2 },
    { 2, "false", "disagree", "ft", false, 1 },
    { 2, "refuse", "disagree", "ff", false, 2 },
    { 2, "refuse", "disagree", "ft", "JUDGES_DISAGREE", 2 },
    { 2, "refuse", "disagree", "tx", "JUDGES_DISAGREE", 2 },
    { 2, "refuse", "first", "tx", true, 2 },
    { 2, "refuse", "first", "f-", false, 2 },
    { 2, "false", "disagree", "t-", false, 2 },
    { 2, "false", "first", "t-", true, 2 },
    { 3, "false", "disagree", "tt", true, 2 },
    { 3, "false", "disagree", "ff", false, 2 },
    { 3, "false", "disagree", "ftt", true, 3 },
    { 3, "false", "disagree", "tfx", false, 3 },
    { 3, "refuse", "disagree", "tfx", "JUDGES_DISAGREE", 3 },
    { 3, "refuse", "first", "txt", true, 3 },
    { 3, "refuse", "first", "txf", "JUDGES_DISAGREE", 3 },
    { 3, "false", "disagree", "fx", false, 2 },
    { 2, "false", "disagree", "te", "CANCELLED", 2 },
    { 2, "false", "first", "x", "STATUS_NOT_OK", 1 },
  }
  for i, row in ipairs(rows) do
    local verdict, asks = judged({ models = row[1], disagree = row[2], when_missing = row[3] }, row[4])
    t.eq({ i, verdict, #asks }, { i, row[5], row[6] })
  end
end

function Tests.judge_notes_once_what_it_came_to()
  local rows = {
    -- models, swap, disagree, when_missing, answers, outcome, opinions, swapped, missing, agreed
    { 1, false, "false", "disagree", "t", "true", 1, 0, 0, true },
    { 1, false, "false", "disagree", "f", "false", 1, 0, 0, true },
    { 1, true, "false", "disagree", "tt", "true", 2, 1, 0, true },
    { 1, true, "false", "disagree", "tf", "no_majority", 2, 1, 0, false },
    { 2, false, "false", "disagree", "tt", "true", 2, 0, 0, true },
    { 2, false, "refuse", "disagree", "tf", "refused", 2, 0, 0, false },
    { 2, false, "false", "disagree", "tx", "no_majority", 1, 0, 1, false },
    { 2, false, "false", "first", "t-", "true", 1, 0, 1, false },
    { 3, false, "false", "disagree", "ftt", "true", 3, 0, 0, false },
    { 3, false, "false", "disagree", "ff", "false", 2, 0, 0, true },
    { 2, true, "false", "disagree", "t-t", "true", 2, 1, 0, true },
  }
  for i, row in ipairs(rows) do
    local noted = {}
    judged({
      models = row[1],
      swap = row[2],
      disagree = row[3],
      when_missing = row[4],
      note = function(judgement)
        noted[#noted + 1] = judgement
      end,
    }, row[5])
    t.eq({ i, #noted }, { i, 1 })
    local n = noted[1]
    t.eq(n.template, "EqComparative")
    t.eq({ i, n.outcome, n.opinions, n.swapped, n.missing, n.agreed }, { i, row[6], row[7], row[8], row[9], row[10] })
  end
end

function Tests.judge_changes_places_and_names_who_was_asked()
  local verdict, asks, gen = judged({ models = 2, swap = true }, "tt")
  t.eq(verdict, true)
  t.eq(asks[1].text, "A L B V P P #{other}")
  t.eq(asks[2].text, "A V B L P P #{other}")
  t.eq(asks[1].asked, nil)
  t.eq(asks[2].asked, 1)
  t.truthy(asks[2].spent == rat.new(5))
  t.truthy(gen == rat.new(10))
end

function Tests.judge_asks_the_same_model_again_only_with_changed_places()
  local verdict, asks, _ = judged({ models = 2, swap = true }, "t-t")
  t.eq(verdict, true)
  t.eq(#asks, 3)
  t.eq(asks[3].asked, nil)
  t.eq(asks[3].text, "A V B L P P #{other}")
  t.eq((judged({ models = 2 }, "t-t")), false)
  _, asks = judged({ swap = true }, "tt")
  t.eq(#asks, 2)
end

function Tests.judge_asks_once_for_a_leader()
  local noted = 0
  local settings = {
    models = 3,
    swap = true,
    disagree = "refuse",
    note = function()
      noted = noted + 1
    end,
  }
  local _, asks = judged(settings, "t", "EqNonComparativeLeader")
  t.eq(#asks, 1)
  t.eq(noted, 0)
end

local function names(providers)
  local found = {}
  for backend, entry in pairs(providers) do
    for model in pairs(entry.models) do
      found[#found + 1] = backend .. "/" .. model
    end
  end
  table.sort(found)
  return found
end

function Tests.selection_by_capability()
  local all = { "primary/echo", "primary/fail-503", "second/fail-401" }
  t.eq(names(llm.select_providers_for({ images = {} }, "text")), all)
  t.eq(names(llm.select_providers_for({ images = {} }, "json")), { "primary/echo", "primary/fail-503" })
  t.eq(names(llm.select_providers_for({ images = {} }, "bool")), { "primary/echo", "primary/fail-503" })
  t.eq(names(llm.select_providers_for({ images = { "x" } }, "text")), { "primary/echo" })
  t.eq(names(llm.select_providers_for({ images = { "x" } }, "json")), { "primary/echo" })
  t.eq(names(llm.select_providers_for({}, "text")), all)
  t.eq(names(llm.providers), all)
end

function Tests.subsets_keep_meta_and_are_made_once()
  t.eq(llm.providers_with_json_support.primary.meta.priority, 10)
  t.truthy(rawequal(llm.providers_with_json_support, llm.providers_with_json_support))
  t.eq(names(llm.providers_with_image_support), { "primary/echo" })
  t.eq(names(llm.providers_with_image_and_json_support), { "primary/echo" })
  t.eq(llm.no_such_field, nil)
end

function Tests.status_descriptions()
  local expected = {
    [0] = "unknown", [200] = "unknown", [400] = "bad_request", [401] = "auth_error", [403] = "auth_error",
    [404] = "model_unavailable", [408] = "timeout", [418] = "unknown", [422] = "unknown", [429] = "rate_limit",
    [500] = "server_error", [502] = "server_error", [503] = "server_error", [504] = "gateway_timeout",
    [529] = "server_overloaded", [599] = "server_error", [600] = "server_error",
  }
  for status, description in pairs(expected) do
    t.eq(llm.provider_http_error_description(status), description)
  end
  t.eq(llm.provider_http_error_description(nil), "network_error")
end

function Tests.exhaust_raises()
  t.raises("INSUFFICIENT_EXECUTION_BUDGET", llm.exhaust)
  t.raises("INSUFFICIENT_EXECUTION_BUDGET", llm.rs.exhaust)
end

function Tests.web_library_says_that_it_belongs_elsewhere()
  local ok, e = pcall(require, "lib-web")
  t.eq(ok, false)
  t.truthy(tostring(e):find("web module", 1, true))
end
