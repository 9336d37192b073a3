local t = require("harness")
local rs = require("lib-genvm").rs

function Tests.match_says_whether()
  t.eq(rs.re2_match("b+", "abbc"), true)
  t.eq(rs.re2_match("b+", "abbc", { anchor = "start" }), false)
  t.eq(rs.re2_match("a?b+c", "abbc", { anchor = "both" }), true)
  t.eq(rs.re2_match("B", "abc"), false)
  t.eq(rs.re2_match("B", "abc", { ignore_case = true }), true)
  t.eq(rs.re2_match("a.b", "a\nb"), false)
  t.eq(rs.re2_match("a.b", "a\nb", { dot_all = true }), true)
  t.eq(rs.re2_match("^b$", "a\nb\nc"), false)
  t.eq(rs.re2_match("^b$", "a\nb\nc", { multi_line = true }), true)
  t.eq(rs.re2_match("a.c", "abc", { literal = true }), false)
  t.eq(rs.re2_match("a", "a", { init = 2 }), false)
end

function Tests.find_gives_positions_and_groups()
  local found = rs.re2_find([[(?P<year>\d{4})-(\d\d)(-\d\d)?]], "on 2024-05, 2025-06-07")
  t.eq(found, {
    start = 4, stop = 10, text = "2024-05", groups = { "2024", "05", false }, named = { year = "2024" },
  })
  t.eq(("on 2024-05"):sub(found.start, found.stop), "2024-05")
  t.eq(rs.re2_find("x", "abc"), nil)
  t.eq(rs.re2_find("a", "aba", { init = 2 }).start, 3)
  t.eq(rs.re2_find("a", "aba", { init = 9 }), nil)
end

function Tests.find_all_goes_from_left_to_right()
  local texts = {}
  for i, found in ipairs(rs.re2_find_all([[\w+]], "one two  three")) do
    texts[i] = found.text
  end
  t.eq(texts, { "one", "two", "three" })
  t.eq(#rs.re2_find_all("a", "aaaa", { limit = 2 }), 2)
  t.eq(rs.re2_find_all("x", "aaaa"), {})
  -- An empty match moves on by a character, not by a byte.
  t.eq(#rs.re2_find_all("", "éé"), 3)
  t.eq(#rs.re2_find_all("", "éé", { bytes = true }), 5)
end

function Tests.replace_fills_groups_in()
  t.eq(rs.re2_replace([[(\w+)@(\w+)]], "me@home, you@work", "$2 has $1"), "home has me, work has you")
  t.eq(rs.re2_replace("(?P<n>b)", "abc", "[${n}$0$$]"), "a[bb$]c")
  t.eq(rs.re2_replace("b", "bbb", "x", { limit = 1 }), "xbb")
  t.eq(rs.re2_replace("(x)?b", "ab", "<$1>"), "a<>")
  t.eq(rs.re2_replace("", "ab", "-"), "-a-b-")
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_replace, "b", "b", "$1")
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_replace, "b", "b", "${no}")
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_replace, "b", "b", "end $")
end

function Tests.split_gives_what_is_between()
  t.eq(rs.re2_split([[\s*,\s*]], "a, b ,c"), { "a", "b", "c" })
  t.eq(rs.re2_split(",", ",a,"), { "", "a", "" })
  t.eq(rs.re2_split(",", ""), { "" })
  t.eq(rs.re2_split(",", "a,b,c", { limit = 1 }), { "a", "b,c" })
  t.eq(rs.re2_split("", "abc"), { "a", "b", "c" })
end

function Tests.characters_are_utf8_unless_bytes_are_asked_for()
  t.eq(rs.re2_find("^.", "é").text, "é")
  t.eq(rs.re2_find("^.", "é", { bytes = true }).stop, 1)
  t.eq(rs.re2_match("^.$", "\xff"), false)
  t.eq(rs.re2_match("^.$", "\xff", { bytes = true }), true)
  t.eq(rs.re2_find("b", "\xff\xfeb").start, 3)
  t.eq(rs.re2_find_all([[\xff]], "a\xffb\xff", { bytes = true })[2].start, 4)
end

function Tests.errors_say_where()
  t.eq(t.raises("BAD_PATTERN", rs.re2_match, "ab**", "x").ctx.position, 3)
  t.eq(t.raises("BAD_PATTERN", rs.re2_match, "a(b", "x").ctx.position, 4)
  t.eq(t.raises("BAD_PATTERN", rs.re2_match, "a[z-a]", "x").ctx.position, 3)
  t.eq(t.raises("BAD_PATTERN", rs.re2_match, [[a\1]], "x").ctx.position, 2)
  t.raises("BAD_PATTERN", rs.re2_match, "(?=a)", "x")
  t.raises("BAD_PATTERN", rs.re2_match, string.rep("a", 5000), "x")
  t.raises("BAD_PATTERN", rs.re2_match, "((a{100}){100}){100}", "x")
  t.raises("BAD_PATTERN", rs.re2_match, "\xff", "x")
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_match, {}, "x")
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_match, "a", "x", { anchor = "end" })
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_match, "a", "x", { ignore_case = 1 })
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_match, "a", "x", { init = 0 })
  t.raises("SCRIPT_BAD_ARGUMENT", rs.re2_match, "a", "x", 5)
end

function Tests.what_costs_is_refused()
  t.eq(rs.re2_match("(a*)*b", string.rep("a", 100000)), false)
  t.raises("TOO_LARGE", rs.re2_match, "(a{30}){30}b", string.rep("a", 1000000))
  t.raises("TOO_LARGE", rs.re2_find_all, "", string.rep("a", 200000))
  t.raises("TOO_LARGE", rs.re2_find_all, "a.*b|a", string.rep("a", 1000000))
end
