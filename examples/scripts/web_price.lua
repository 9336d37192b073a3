-- A script of the web module: a contract that renders a page of a shop in text mode gets one line, the price, in place of
-- the page: "EUR 1299.00". Validators agree on it although the page around it differs from visit to visit. Every other page
-- and request is handled as by the script that ships.

local lib = require("lib-genvm")
local web = require("lib-web")

-- Where a price stands, by host: a CSS selector for the element that holds it.
local SHOPS = {
  ["shop.example.com"] = { price = "[itemprop=price] @content", currency = "[itemprop=priceCurrency] @content" },
  ["store.example.org"] = { price = ".product .price", currency = false },
}
local SYMBOLS = { ["€"] = "EUR", ["$"] = "USD", ["£"] = "GBP" }

local function refuse(url, why)
  lib.rs.user_error { causes = { "PRICE_NOT_FOUND" }, fatal = false, ctx = { url = url, why = why } }
end

-- "1.299,00 €", "$1,299.00", "1299": the last mark that two digits follow divides; others group.
local function amount_of(text)
  local digits = text:gsub("[^%d.,]", "")
  local whole, cents = digits:match("^(.*)[.,](%d%d)$")
  whole = (whole or digits):gsub("[.,]", "")
  if whole == "" then return nil end
  return whole .. "." .. (cents or "00")
end

local function currency_in(text)
  for symbol, code in pairs(SYMBOLS) do
    if text:find(symbol, 1, true) then return code end
  end
end

local function price_line(page, shop, url)
  local found = page:extract { price = shop.price, currency = shop.currency or nil }
  if found.price == nil then refuse(url, "no element holds a price") end
  local amount = amount_of(found.price)
  local currency = found.currency or currency_in(found.price)
  if amount == nil or currency == nil then refuse(url, "what stands there is no price") end
  return currency .. " " .. amount
end

function Render(ctx, payload)
  web.check_url(payload.url)
  local parts = lib.rs.split_url(payload.url)
  local shop = parts and payload.mode == "text" and SHOPS[parts.host]
  local page = web.catchable(web.rs.render, ctx, {
    url = payload.url,
    mode = shop and "html" or payload.mode,
    wait_after_loaded = payload.wait_after_loaded,
    size_limit = payload.size_limit,
  })
  if shop then
    return { text = price_line(lib.rs.html(page.text, { url = payload.url }), shop, payload.url) }
  end
  if payload.mode == "screenshot" then
    return { image = page.image }
  end
  return { text = page.text }
end

function Request(ctx, payload)
  web.check_url(payload.url)
  return web.catchable(lib.rs.request, ctx, {
    method = payload.method,
    url = payload.url,
    headers = payload.headers,
    body = payload.body,
    sign = payload.sign,
    response_body_max_size = payload.size_limit,
  })
end
