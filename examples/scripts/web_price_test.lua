local test = require("script-test")

local HTML = { ["content-type"] = "text/html; charset=utf-8" }

local function page(t, url, body)
  t.site(url):answers { headers = HTML, body = "<!doctype html><title>A shop</title>" .. body }
end

test("a page that marks its price up gives one line", function(t)
  page(t, "https://shop.example.com/kettle",
    '<h1>Kettle</h1><p itemprop=offers><meta itemprop=price content="39.90"><meta itemprop=priceCurrency content=EUR>only 39,90 €')
  t.equal(t.render { url = "https://shop.example.com/kettle" }.text, "EUR 39.90")
  t.equal(t.sent[1].method, "GET")
end)

test("prices are read as shops write them", function(t)
  local url = "http://store.example.org/x"
  local written = { ["1.299,00 €"] = "EUR 1299.00", ["$1,299.00"] = "USD 1299.00", ["£ 12"] = "GBP 12.00" }
  for text, line in pairs(written) do
    page(t, url .. "?" .. #text, '<div class=product><span class=price>' .. text .. "</span></div>")
    t.equal(t.render { url = url .. "?" .. #text }.text, line)
  end
end)

test("a page without a price is an error that the contract may catch", function(t)
  page(t, "https://shop.example.com/gone", "<p>Sold out")
  local e = t.error_of(t.render, { url = "https://shop.example.com/gone" })
  t.equal(e.code, "PRICE_NOT_FOUND")
  t.equal(e.fatal, false)
end)

test("other pages and requests are as they are", function(t)
  page(t, "https://example.com/news", "<p>Hello")
  t.contains(t.render { url = "https://example.com/news" }.text, "Hello")
  t.site("https://api.example.com/v1"):answers { status = 404, body = "{}" }
  local r = t.request { url = "https://api.example.com/v1", headers = { accept = "application/json" } }
  t.equal(r.status, 404)
  t.equal(t.sent[#t.sent].headers.accept, "application/json")
end)

test("the policy of the module holds", function(t)
  t.equal(t.error_of(t.request, { url = "http://127.0.0.1/admin" }).fatal, false)
  t.equal(t.error_of(t.request, { url = "http://printer.local/" }).code, "TLD_FORBIDDEN")
  t.equal(#t.sent, 0)
end)
