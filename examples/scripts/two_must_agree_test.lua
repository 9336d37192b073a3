local test = require("script-test")

test.config [[
backends:
  first:
    host: https://first.example
    provider: openai-compatible
    key: unused
    models: {a: {supports_json: true}}
  second:
    host: http://localhost:11434
    provider: ollama
    models: {b: {supports_json: true}}
]]

local judge = { template = "EqComparative", leader_answer = "4", validator_answer = "four", principle = "the same number" }

test("two equal verdicts are the verdict", function(t)
  t.model("a"):answers { json = { result = true } }
  t.model("b"):answers { json = { result = true } }
  t.equal(t.template(judge).data, true)
  t.equal(#t.sent, 2)
  t.equal(t.sent[1].provider, "openai-compatible")
  t.equal(t.sent[2].provider, "ollama")
end)

test("different verdicts are an error that the contract may catch", function(t)
  t.model("a"):answers { json = { result = true } }
  t.model("b"):answers { json = { result = false } }
  local e = t.error_of(t.template, judge)
  t.equal(e.code, "MODELS_DISAGREE")
  t.equal(e.fatal, false)
end)

test("the order of keys does not matter", function(t)
  t.model("a"):answers('{"city": "Paris", "country": "France"}')
  t.model("b"):answers('{"country": "France", "city": "Paris"}')
  local r = t.prompt { prompt = "Where is the Louvre? JSON with city and country.", format = "json" }
  t.is_true(r.data)
end)

test("one model that is down is no agreement", function(t)
  t.model("a"):answers { json = { result = true } }
  t.model("b"):fails { status = 500 }
  t.is_true(t.error_of(t.template, judge).code ~= "MODELS_DISAGREE")
end)
