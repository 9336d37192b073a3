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
