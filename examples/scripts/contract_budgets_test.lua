local test = require("script-test")

test.config [[
backends:
  paid:
    host: https://paid.example
    provider: openai-compatible
    key: unused
    models: {large: {supports_json: true}}
  free:
    host: http://localhost:11434
    provider: ollama
    models: {local: {supports_json: true}}
]]

local function ask(t, contract, prompt)
  t.session { host_data = { contract_address = contract } }
  return t.prompt { prompt = prompt or "p" }.data
end

test("a contract has the paid model until its tokens are used up, then the free one", function(t)
  t.model("large"):answers { text = "paid", input = 9000, output = 1000 }
  t.model("local"):answers("free")
  t.equal(ask(t, "0xaa"), "paid")
  t.equal(ask(t, "0xaa"), "free")
end)

test("one contract's spending is not another's", function(t)
  t.model("large"):answers { text = "paid", input = 10000, output = 0 }
  t.equal(ask(t, "0xaa"), "paid")
  t.equal(ask(t, "0xbb"), "paid")
end)

test("a contract that uses up both is refused, and may catch it", function(t)
  t.model("large"):answers { text = "paid", input = 70000, output = 0 }
  t.equal(ask(t, "0xaa"), "paid")
  t.session { host_data = { contract_address = "0xaa" } }
  local e = t.error_of(t.prompt, { prompt = "p" })
  t.equal(e.code, "CONTRACT_BUDGET_USED_UP")
  t.equal(e.fatal, false)
  t.equal(#t.sent, 1)
end)
