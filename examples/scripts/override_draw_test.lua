local test = require("script-test")

test.config [[
backends:
  large: {host: "https://large.example", provider: openai-compatible, key: unused, models: {m: {supports_json: true}}}
  small: {host: "https://small.example", provider: openai-compatible, key: unused, models: {m: {supports_json: true}}}
greybox:
  seed: 5
  all:
    models: [large]
    temperature: {min: 0.6, max: 0.9}
    phrasings: ["Question: #{prompt}"]
]]

test("a validator's prompts go out as they were drawn", function(t)
  t.backend("large"):answers("four")
  t.session { role = "validator" }
  t.equal(t.prompt { prompt = "2+2?" }.data, "four")
  local sent = t.sent[1]
  t.equal(sent.backend, "large")
  t.equal(sent.prompt, "Question: 2+2?")
  t.is_true(sent.temperature >= 0.6 and sent.temperature <= 0.9, "a temperature of the range")
end)

test("each prompt of a session has a draw of its own", function(t)
  t.backend("large"):answers("a")
  t.session { role = "validator" }
  t.prompt { prompt = "1" }
  t.prompt { prompt = "2" }
  t.is_true(t.sent[1].temperature ~= t.sent[2].temperature)
end)

test("a leader is asked cooler", function(t)
  t.backend("large"):answers("four")
  t.session { role = "leader" }
  t.prompt { prompt = "2+2?" }
  t.equal(t.sent[1].temperature, 0.3)
end)

test("a cheap contract's prompts go to the small model", function(t)
  t.backend("small"):answers("four")
  t.session { role = "validator", host_data = { contract_address = "0x00000000000000000000000000000000000000c0" } }
  t.prompt { prompt = "2+2?" }
  t.equal(t.sent[1].backend, "small")
  t.equal(t.sent[1].prompt, "Question: 2+2?")
end)

test("the library's temperature does not hide the drawn one", function(t)
  t.backend("large"):answers('{"result": true}')
  t.session { role = "validator" }
  t.template { template = "EqComparative", leader_answer = "1", validator_answer = "1", principle = "same" }
  local temperature = t.sent[1].temperature
  t.is_true(temperature >= 0.6 and temperature <= 0.9 and temperature ~= 0.7)
end)
