local test = require("script-test")

test.config [[
backends:
  main:
    host: https://main.example
    provider: openai-compatible
    key: unused
    models: {large: {supports_json: true}, small: {supports_json: true}}
  other:
    host: https://other.example
    provider: anthropic
    key: unused
    models: {spare: {supports_json: true}}
]]

test("asks the first model and no other when it answers", function(t)
  t.model("large"):answers("four")
  t.equal(t.prompt { prompt = "2+2?" }.data, "four")
  t.equal(#t.sent, 1)
  t.equal(t.sent[1].backend, "main")
  t.contains(t.sent[1].prompt, "2+2?")
end)

test("goes on along the chain when a model is overloaded or cannot be reached", function(t)
  t.model("large"):fails { status = 503 }
  t.model("small"):fails { drop = true }
  t.model("spare"):answers("four")
  t.equal(t.prompt { prompt = "2+2?" }.data, "four")
  t.equal(t.sent[#t.sent].model, "spare")
  t.equal(t.sent[#t.sent].provider, "anthropic")
end)

test("a half sentence is no answer", function(t)
  t.backend("main", "large"):answers { text = "", finish = "content_filter" }
  t.model("small"):answers("whole")
  t.equal(t.prompt { prompt = "p" }.data, "whole")
end)

test("tells the contract of every model when none answers", function(t)
  for _, model in ipairs { "large", "small", "spare" } do t.model(model):fails { status = 500 } end
  local e = t.error_of(t.prompt, { prompt = "p" })
  t.equal(e.code, "NO_MODEL_ANSWERED")
  t.equal(e.fatal, false)
  t.equal(#e.ctx.failures, 3)
end)

test("judges with the same chain", function(t)
  t.model("large"):answers { json = { result = true, reason = "the same" } }
  local r = t.template { template = "EqComparative", leader_answer = "4", validator_answer = "four", principle = "the same number" }
  t.equal(r.data, true)
end)
