local test = require("script-test")

test.config [[
backends:
  cheap:
    host: https://cheap.example
    provider: openai-compatible
    key: unused
    models: {small: {}, judge: {supports_json: true}}
  good:
    host: https://good.example
    provider: google
    key: unused
    models: {large: {supports_json: true}}
]]

local function models(t)
  local names = {}
  for i, sent in ipairs(t.sent) do names[i] = sent.model end
  return names
end

test("a cheap answer that the judge accepts is the answer", function(t)
  t.model("small"):answers("Paris")
  t.model("judge"):answers { json = { result = true } }
  t.equal(t.prompt { prompt = "The capital of France?" }.data, "Paris")
  t.equal(models(t), { "small", "judge" })
end)

test("the judge sees question and answer, at temperature 0", function(t)
  t.model("small"):answers("Paris")
  t.model("judge"):answers { json = { result = true } }
  t.prompt { prompt = "The capital of France?" }
  t.contains(t.sent[2].prompt, "The capital of France?")
  t.contains(t.sent[2].prompt, "<answer>\nParis\n</answer>")
  t.equal(t.sent[2].temperature, 0)
end)

test("what the judge refuses goes to the good model", function(t)
  t.model("small"):answers("Lyon")
  t.model("judge"):answers { json = { result = false } }
  t.model("large"):answers("Paris")
  t.equal(t.prompt { prompt = "The capital of France?" }.data, "Paris")
  t.equal(models(t), { "small", "judge", "large" })
end)

test("a judge that is down accepts nothing", function(t)
  t.model("small"):answers("Lyon")
  t.model("judge"):fails { status = 503 }
  t.model("large"):answers("Paris")
  t.equal(t.prompt { prompt = "The capital of France?" }.data, "Paris")
end)

test("a cheap model that is down is not judged", function(t)
  t.model("small"):fails { status = 500 }
  t.model("large"):answers("Paris")
  t.equal(t.prompt { prompt = "The capital of France?" }.data, "Paris")
  t.equal(models(t)[#t.sent], "large")
end)

test("verdicts are the good model's", function(t)
  t.model("large"):answers { json = { result = false, reason = "another city" } }
  local r = t.template { template = "EqComparative", leader_answer = "Paris", validator_answer = "Lyon", principle = "the same city" }
  t.equal(r.data, false)
  t.equal(models(t), { "large" })
end)
