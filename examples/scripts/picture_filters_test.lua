local test = require("script-test")

test.config [[
lua_path: ${genvmRoot}/config/?.lua
backends:
  main:
    host: https://main.example
    provider: openai-compatible
    key: unused
    models: {sees: {supports_image: true}}
]]

test("every picture is filtered and reaches the model as a JPEG", function(t)
  local receipt = t.file("../../tests/data/images/receipt.png")
  t.model("sees"):answers("a receipt")
  t.equal(t.prompt { prompt = "What is it?", images = { receipt, receipt } }.data, "a receipt")
  t.equal(t.sent[1].images, 2)
  local messages = t.sent[1].json.messages
  local content = messages[#messages].content
  t.contains(content[#content].image_url.url, "data:image/jpeg")
end)

test("a file that is no picture is an error that the contract may catch", function(t)
  local e = t.error_of(t.prompt, { prompt = "What is it?", images = { "no picture" } })
  t.equal(e.code, "INVALID_IMAGE")
  t.equal(e.fatal, false)
  t.equal(#t.sent, 0)
end)
