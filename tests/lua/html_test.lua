local t = require("harness")
local lib = require("lib-genvm")
local rs = lib.rs

local PAGE = [[<!doctype html><html lang="en"><head><title> A
  page </title><meta name="description" content="d"><base href="/dir/"></head><body>
<nav><a href="/">Home</a></nav>
<article><h1 id="top">Title</h1><p class="lead x">First <b>paragraph</b>, long enough, with commas,
to count as content.</p><p>Second, <a href="next" rel="next">a link</a>, and some more text.</p>
<table><caption>C</caption><tr><th>k<th>v<tr><td colspan=2>both</table></article></body></html>]]

local function page()
  return rs.html(PAGE, { url = "https://example.com/x", charset = "text/html; charset=utf-8" })
end

function Tests.a_document_answers_what_it_is()
  local doc = page()
  t.eq(doc.charset, "UTF-8")
  t.eq(doc.url, "https://example.com/x")
  t.eq(doc:title(), "A page")
  t.eq(doc:meta().language, "en")
  t.eq(doc:meta().description, "d")
  t.eq(tostring(doc), "HtmlDocument")
  t.eq(doc.no_such, nil)
end

function Tests.elements_are_selected_and_asked()
  local doc = page()
  local lead = doc:first("p.lead")
  t.eq(lead:name(), "p")
  t.eq(lead:attr("class"), "lead x")
  t.eq(lead:attr("no"), nil)
  t.eq(lead:attrs(), { class = "lead x" })
  t.eq(lead:first("b"):text(), "paragraph")
  t.eq(lead:first("b"):html(), "<b>paragraph</b>")
  t.eq(lead:parent():name(), "article")
  t.eq(#doc:select("article > p"), 2)
  t.eq(doc:first("video"), nil)
  t.eq(doc:select("video"), {})
  t.truthy(doc:first("h1") == doc:first("#top"))
  t.truthy(doc:first("h1") ~= doc:first("p"))
  t.eq(tostring(lead), "HtmlElement <p>")
  local names = {}
  for i, child in ipairs(doc:first("article"):children()) do
    names[i] = child:name()
  end
  t.eq(names, { "h1", "p", "p", "table" })
  t.eq(doc:first("html"):parent(), nil)
end

function Tests.links_tables_and_markdown()
  local doc = page()
  t.eq(doc:links()[2], { href = "next", url = "https://example.com/dir/next", text = "a link", rel = "next" })
  t.eq(#doc:first("article"):links(), 1)
  t.eq(doc:tables(), { { caption = "C", header_rows = 1, rows = { { "k", "v" }, { "both", "both" } } } })
  t.truthy(doc:markdown():find("# Title\n\nFirst **paragraph**", 1, true))
  t.eq(doc:markdown():find("Home", 1, true), nil)
  t.eq(doc:main_text():find("Home", 1, true), nil)
  t.truthy(doc:text():find("Home", 1, true))
  t.eq(doc:first("b"):markdown(), "**paragraph**")
end

function Tests.an_element_keeps_its_document()
  local element = rs.html("<p id=a>x</p>"):first("p")
  for _ = 1, 5 do
    collectgarbage()
  end
  t.eq(element:text(), "x")
end

function Tests.charsets_of_the_server_count()
  t.eq(rs.html("<p>\xCF", { charset = "windows-1251" }):text(), "П")
  t.eq(rs.html("<p>\xE9").charset, "windows-1252")
  t.eq(rs.html("").charset, "UTF-8")
end

function Tests.wrong_calls_are_typed()
  t.raises("SCRIPT_BAD_ARGUMENT", rs.html)
  t.raises("SCRIPT_BAD_ARGUMENT", rs.html, {})
  t.raises("SCRIPT_BAD_ARGUMENT", rs.html, "x", 5)
  t.raises("SCRIPT_BAD_ARGUMENT", rs.html, "x", { url = 5 })
  t.raises("MALFORMED_URL", rs.html, "x", { url = "no url" })
  local doc = page()
  t.raises("SCRIPT_BAD_ARGUMENT", doc.select, doc)
  t.raises("SCRIPT_BAD_ARGUMENT", doc.select, "x", "p")
  t.raises("SCRIPT_BAD_ARGUMENT", doc.text)
  t.eq(t.raises("BAD_SELECTOR", doc.select, doc, "p >> b").ctx.position, 4)
  t.eq(t.raises("DOCUMENT_TOO_COMPLEX", rs.html, string.rep("<div>", 1000)).ctx.limit, "depth")
  t.eq(getmetatable(doc), "HtmlDocument")
end

function Tests.a_long_document_is_waited_for()
  local doc = rs.html("<p>" .. string.rep("word ", 200000) .. "</p><i>end</i>")
  t.eq(doc:first("i"):text(), "end")
  t.raises("DOCUMENT_TOO_COMPLEX", rs.html, string.rep("<div>", 200000))
end

function Tests.where_nobody_can_wait_only_short_documents()
  local co = coroutine.wrap(function(text)
    return pcall(rs.html, text)
  end)
  local ok, e = co(string.rep("x", 2 * 1024 * 1024))
  t.eq(ok, false)
  t.eq(rs.as_user_error(e).causes[1], "SCRIPT_CANNOT_WAIT")
  local short = coroutine.wrap(function()
    return rs.html("<b>x"):text()
  end)
  t.eq(short(), "x")
end

function Tests.documents_in_use_are_bounded_and_dropped_ones_are_not()
  local text = "<p>" .. string.rep("x", 6 * 1024 * 1024)
  for _ = 1, 9 do
    t.eq(rs.html(text):first("p"):name(), "p")
  end
  local kept = {}
  local ok, e = pcall(function()
    for i = 1, 9 do
      kept[i] = rs.html(text)
    end
  end)
  t.eq(ok, false)
  t.eq(rs.as_user_error(e).causes[1], "TOO_LARGE")
end
