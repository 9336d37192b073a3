#pragma once
// Scripts that try to hold a lane: by one instruction or one call that takes long, by many that the
// clock is not looked at between, or by memory outside of Lua. Each is the body of a function with
// `rs`, the host functions, at hand. How one ends is its own affair; its neighbours' waits are not.
#include <ostream>

namespace gvm::test {

struct SliceAttack {
  const char* name;
  const char* body;
};

inline void PrintTo(const SliceAttack& attack, std::ostream* out) {
  *out << attack.name;
}

inline constexpr SliceAttack kSliceAttacks[] = {
    // One string of 20 MB, and what reads or writes all of it.
    {"upper_and_reverse",
     "local s = ('a'):rep(2e7) while true do s = s:reverse() s = s:upper() end"},
    {"lower_under_pcall", "local s = ('A'):rep(2e7) while true do pcall(string.lower, s) end"},
    {"upper_in_coroutines",
     "local s = ('a'):rep(5e6) while true do coroutine.wrap(function() s:upper() end)() end"},
    {"upper_where_it_cannot_yield",
     "local s = ('a'):rep(1e7) table.sort({1, 2}, function() while true do s:upper() end end)"},
    {"upper_in_a_metamethod_of_c",
     "local s = ('a'):rep(1e7) tostring(setmetatable({}, {__tostring = function()"
     " while true do s:upper() end end}))"},
    {"upper_in_a_replacement",
     "local s = ('a'):rep(1e7) while true do ('x'):gsub('x', function() s:upper() end) end"},
    {"rep_with_separator", "while true do local s = ('a'):rep(6e6, 'bc') end"},
    {"rep", "while true do local s = ('ab'):rep(1e7) end"},
    {"sub", "local s = ('a'):rep(2e7) while true do local t = s:sub(2) end"},
    {"concatenation", "local s = ('a'):rep(1e7) while true do local t = s .. 'b' end"},
    {"equal_strings",
     "local s, t = ('a'):rep(1e7) .. 'b', ('a'):rep(1e7) .. 'b' while s == t do end"},
    {"ordered_strings",
     "local s, t = ('a'):rep(1e7) .. 'b', ('a'):rep(1e7) .. 'c' while s < t do end"},
    {"ordered_strings_of_zeros",
     "local s, t = ('\\0'):rep(1e7) .. 'b', ('\\0'):rep(1e7) .. 'c' while s < t do end"},
    {"digits_to_number",
     "local s = ('9'):rep(2e7) while true do pcall(function() return s + 1 end) end"},
    {"hexadecimal_digits_to_number",
     "local s = '0x' .. ('f'):rep(2e7) while true do pcall(function() return s | 1 end) end"},
    {"digits_of_a_legal_number", "local s = ('9'):rep(65000) while true do local n = s + 1 end"},
    {"string_to_number", "local s = (' '):rep(2e7) .. '1' while true do local n = s + 1 end"},
    {"tonumber", "local s = (' '):rep(2e7) .. '1' while true do local n = tonumber(s) end"},
    {"long_keys",
     "local s, t, i = ('a'):rep(1e7), {}, 0 while true do i = i + 1 local v = t[s .. i] end"},
    {"utf8_len", "local s = ('é'):rep(1e7) while true do pcall(utf8.len, s) end"},
    {"utf8_len_shorter", "local s = ('é'):rep(4e6) while true do utf8.len(s) end"},
    {"utf8_offset",
     "local s = ('a'):rep(8e6) while true do utf8.offset(s, -1, 8e6) utf8.offset(s, 8e6) end"},
    {"utf8_codes",
     "local s = ('\\x80'):rep(8e6) while true do pcall(function() for _ in utf8.codes('a' .. s) do"
     " end end) end"},
    {"format_quoted", "local s = ('\\n'):rep(2e7) while true do pcall(string.format, '%q', s) end"},
    {"format_quoted_shorter",
     "local s = ('\\0'):rep(2e5) while true do local q = ('%q'):format(s) end"},
    {"format", "local s = ('a'):rep(5e6) while true do local f = ('%s%s'):format(s, s) end"},
    {"format_of_many",
     "local f = ('%99.99f'):rep(9000) local t = {} for i = 1, 9000 do t[i] = i end"
     " while true do f:format(table.unpack(t)) end"},
    {"find_plain",
     "local s = ('a'):rep(2e7) while true do s:find(('a'):rep(1000) .. 'b', 1, true) end"},
    {"find_plain_long",
     "local s, n = ('a'):rep(2e7), ('a'):rep(5e6) .. 'b' while true do s:find(n, 1, true) end"},
    {"find_plain_that_almost_matches",
     "local s, n = ('a'):rep(2e7), 'b' .. ('a'):rep(2000) while true do s:find(n, 1, true) end"},
    {"find_pattern_in_a_long_text",
     "local s = ('a'):rep(2e7) while true do s:find('[b-z]') s:match('(.)b') end"},
    {"match_of_all", "local s = ('a'):rep(2e7) while true do s:match('^(.-)b') end"},
    {"gmatch_long", "local s = ('a'):rep(2e7) while true do for w in s:gmatch('[b-z]') do end end"},
    {"gsub_with_a_long_template",
     "local s, r = ('a'):rep(200), ('%1%0'):rep(20000) while true do pcall(s.gsub, s, '(a)', r) "
     "end"},
    {"find_pattern", "local s = ('a'):rep(2e5) while true do s:find('[b-z]') end"},
    {"gsub_long", "local s = ('a'):rep(5e6) while true do s:gsub('b', 'c') end"},
    {"gsub_all", "local s = ('a'):rep(2e5) while true do s:gsub('.', '%0%0') end"},
    {"byte", "local s = ('a'):rep(9e5) while true do s:byte(1, -1) end"},
    {"char",
     "local t = {} for i = 1, 2e5 do t[i] = 65 end"
     " while true do string.char(table.unpack(t)) end"},
    {"utf8_char",
     "local t = {} for i = 1, 2e5 do t[i] = 0x10FFFF end"
     " while true do utf8.char(table.unpack(t)) end"},
    {"unpack_string",
     "local s = string.pack('s4', ('a'):rep(1e7)) while true do string.unpack('s4', s) end"},
    {"error_long", "local s = ('x'):rep(2e7) while true do pcall(error, s) end"},
    {"error_long_with_a_position", "local s = ('x'):rep(1e7) while true do pcall(error, s, 2) end"},
    {"error_long_at_the_end", "error(('\\xc3\\xa9'):rep(1e7))"},
    {"error_table_at_the_end", "local s = ('\\0'):rep(3e7) error({s, s})"},
    {"error_fields",
     "local t = {} for i = 1, 2.4e5 do t[i] = i end"
     " local ok, e = pcall(rs.user_error, {causes = {'x'}, ctx = {t = t}})"
     " while true do local f, c = e.fatal, e.causes if e.ctx.t[1] ~= 1 then break end end"},
    {"print_long", "local s = ('x'):rep(2e7) while true do print(s, s) end"},
    {"pack", "local s = ('a'):rep(1e7) while true do string.pack('s4s4', s, s) end"},

    // Tables.
    {"unpack",
     "local t = {} for i = 1, 9e5 do t[i] = i end"
     " while true do select('#', table.unpack(t)) end"},
    {"varargs",
     "local t = {} for i = 1, 2e5 do t[i] = i end local function g() end"
     " local function f(...) while true do g(...) end end f(table.unpack(t))"},
    {"concat",
     "local t = {} for i = 1, 2000 do t[i] = ('a'):rep(5000) end"
     " while true do table.concat(t) end"},
    {"concat_of_many",
     "local t = {} for i = 1, 1e6 do t[i] = 'a' end while true do table.concat(t) end"},
    {"insert_in_front",
     "local t = {} for i = 1, 5e5 do t[i] = i end while true do table.insert(t, 1, 1) end"},
    {"remove_in_front",
     "local t = {} for i = 1, 5e5 do t[i] = i end while true do table.remove(t, 1) table.insert(t, "
     "1) end"},
    {"move",
     "local t = {} for i = 1, 5e5 do t[i] = i end while true do table.move(t, 1, 5e5, 2) end"},
    {"sort",
     "local t = {} for i = 1, 3e5 do t[i] = (i * 7919) % 1000003 end while true do table.sort(t) "
     "end"},
    {"sort_long_strings",
     "local s, t = ('a'):rep(5e5), {} for i = 1, 50 do t[i] = s .. i * 7919 % 97 end"
     " while true do table.sort(t, nil) table.sort(t, function(a, b) return a > b end) end"},
    {"sort_with_metamethods",
     "local m, t = {__lt = function(a, b) return a[1] < b[1] end}, {}"
     " for i = 1, 5e4 do t[i] = setmetatable({i * 7919 % 100003}, m) end"
     " while true do table.sort(t) m.__lt = function(a, b) return a[1] > b[1] end end"},
    {"sort_with_a_comparator",
     "local t = {} for i = 1, 3e5 do t[i] = (i * 7919) % 1000003 end while true do"
     " table.sort(t, function(a, b) return a < b end) table.sort(t, function(a, b) return a > b "
     "end)"
     " end"},
    {"concat_of_numbers",
     "local t = {} for i = 1, 5e5 do t[i] = i + 0.1 end while true do table.concat(t, ', ') end"},
    {"deep_recursion", "local function f() return 1 + f() end while true do pcall(f) end"},
    {"variables_to_be_closed",
     "local m = {__close = function() end} local function f(n) local a <close> = setmetatable({}, "
     "m)"
     " if n > 0 then return f(n - 1), 1 end error('x') end while true do pcall(f, 50000) end"},
    {"next_on_an_emptied_table",
     "local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 1e6 do t[i] = nil end"
     " while true do next(t) end"},
    {"rehash", "while true do local t = {} for i = 1, 4e5 do t['k' .. i] = i end end"},
    {"colliding_keys",
     "local t = {} for i = 1, 30000 do t[i * 32767 * 16383 * 8191] = true end return #t"},

    // The collector.
    {"small_tables", "while true do local t = {} for i = 1, 5e5 do t[i] = {} end end"},
    {"small_strings", "while true do local t = {} for i = 1, 5e5 do t[i] = 'k' .. i end end"},
    {"small_strings_and_long_ones",
     "local t = {} for i = 1, 4e5 do t[i] = 'k' .. i end"
     " while true do local s = ('a'):rep(1e7) t[1] = #s .. 'x' end"},
    {"at_the_memory_limit",
     "local t = {} local ok = true while ok do ok = pcall(function() t[#t + 1] = {} end) end"},
    {"heap_left_to_the_end", "kept = {} for i = 1, 4e5 do kept[i] = {} end return 1"},
    {"long_strings_left_to_the_end",
     "kept = {} for i = 1, 50 do kept[i] = ('a'):rep(1e6) .. i end return 1"},
    {"documents_left_to_the_end",
     "kept = {} pcall(function() for i = 1, 9 do kept[i] = rs.html(('<p>a<b>b'):rep(15000)) end "
     "end)"
     " return 1"},
    {"linked_list", "local p = {} while true do p = {p} end"},
    {"many_coroutines",
     "local t = {} while true do t[#t % 30000 + 1] = coroutine.create(print) end"},

    // The compiler.
    {"load", "local s = ('a = 1 '):rep(10000) while true do load(s) end"},
    {"load_labels",
     "local t = {} for i = 1, 6000 do t[i] = '::a' .. i .. '::' end"
     " local s = table.concat(t) while true do load(s) end"},

    // Host functions.
    {"json_parse_in_a_loop",
     "local s = '[' .. ('1,'):rep(150000) .. '1]' while true do rs.json_parse(s) end"},
    {"json_parse_long",
     "local s = '[' .. ('1,'):rep(5e6) .. '1]' while true do pcall(rs.json_parse, s) end"},
    {"json_parse_string",
     "local s = '\"' .. ('a'):rep(1e7) .. '\"' while true do rs.json_parse(s) end"},
    {"json_parse_objects",
     "local s = '[' .. ('{\"a\":{\"b\":[]}},'):rep(40000) .. '1]' while true do rs.json_parse(s) "
     "end"},
    {"json_parse_deep",
     "local s = ('['):rep(100) .. ('1,'):rep(1e5) .. '1' .. (']'):rep(100)"
     " while true do rs.json_parse(s) end"},
    {"json_parse_escapes",
     "local s = '\"' .. ('\\\\u00e9\\\\n'):rep(1e6) .. '\"' while true do rs.json_parse(s) end"},
    {"json_parse_numbers",
     "local s = '[' .. (('9'):rep(4000) .. ','):rep(1000) .. '1]' while true do rs.json_parse(s) "
     "end"},
    {"json_parse_in_coroutines",
     "local s = '[' .. ('1,'):rep(150000) .. '1]'"
     " while true do coroutine.wrap(rs.json_parse)(s) end"},
    {"json_parse_where_it_cannot_yield",
     "local s = '[' .. ('1,'):rep(150000) .. '1]' tostring(setmetatable({}, {__tostring = "
     "function()"
     " while true do rs.json_parse(s) end end}))"},
    {"json_parse_of_what_is_none",
     "local s = '[' .. ('{\"a\":\"é\"},'):rep(80000) while true do pcall(rs.json_parse, s) end"},
    {"json_parse_keys",
     "local t = {} for i = 1, 1e5 do t[i] = '\"k' .. i .. '\":1' end"
     " local s = '{' .. table.concat(t, ',') .. '}' t = nil while true do rs.json_parse(s) end"},
    {"json_stringify",
     "local t = {} for i = 1, 2e5 do t[i] = i end while true do rs.json_stringify(t) end"},
    {"json_stringify_long",
     "local t = {} for i = 1, 1e6 do t[i] = i end while true do pcall(rs.json_stringify, t) end"},
    {"json_stringify_string", "local s = ('\\0'):rep(5e6) while true do rs.json_stringify(s) end"},
    {"json_stringify_shared",
     "local s = ('é'):rep(5e5) local t = {} for i = 1, 10 do t[i] = s end"
     " while true do pcall(rs.json_stringify, t) end"},
    {"json_stringify_deep",
     "local t = {} for i = 1, 200 do t = {t, t and i} end"
     " while true do pcall(rs.json_stringify, t) end"},
    {"json_stringify_wide",
     "local t = {} for i = 1, 1e5 do t['key \"' .. i] = ('é'):rep(20) end"
     " while true do rs.json_stringify(t) end"},
    {"json_stringify_numbers",
     "local t = {} for i = 1, 2e5 do t[i] = i / 3 end while true do rs.json_stringify(t) end"},
    {"log_json",
     "local t = {} for i = 1, 2e5 do t[i] = i end while true do rs.log_json{level = 'trace', t = "
     "t} end"},
    {"user_error",
     "local t = {} for i = 1, 1e5 do t[i] = i end"
     " while true do pcall(rs.user_error, {causes = {'x'}, ctx = {t = t}}) end"},
    {"base64_encode", "local s = ('a'):rep(1e7) while true do rs.base64_encode(s) end"},
    {"base64_decode", "local s = ('QUFB'):rep(3e6) while true do rs.base64_decode(s) end"},
    {"url_encode", "local s = ('/'):rep(3e6) while true do rs.url_encode(s) end"},
    {"split_url", "local s = 'http://a/' .. ('b'):rep(1e6) while true do rs.split_url(s) end"},
    {"sha2", "local s = ('a'):rep(2e7) while true do rs.sha2_256(s) end"},
    {"sha3", "local s = ('a'):rep(2e7) while true do rs.sha3_256(s) end"},
    {"keccak", "local s = ('a'):rep(2e7) while true do rs.keccak256(s) end"},
    {"hash_in_coroutines",
     "local s = ('a'):rep(2e7) while true do coroutine.wrap(rs.keccak256)(s) end"},
    {"re2_new_patterns",
     "local i = 0 while true do i = i + 1 rs.re2_match('(a|b|' .. i .. '){1,24}\\\\pL{1,24}x', "
     "'abc') end"},
    {"re2_long_text",
     "local s = ('ab'):rep(4e6) while true do pcall(rs.re2_match, '(a|b)*c(.*)d$', s) end"},
    {"re2_captures",
     "local s = ('a'):rep(1e6) while true do pcall(rs.re2_find, '(a*)(a*)(a*)(a*)(b|$)', s) end"},
    {"re2_all_matches",
     "local s = ('a'):rep(90000) while true do pcall(rs.re2_find_all, '(a)', s) end"},
    {"re2_replace",
     "local s = ('a'):rep(90000) while true do pcall(rs.re2_replace, 'a', s, '$0$0') end"},
    {"html_pages", "local s = ('<p>a<b>b'):rep(15000) while true do rs.html(s) end"},
    {"html_long", "local s = ('<div><p>a'):rep(200000) for i = 1, 3 do pcall(rs.html, s) end"},
    {"html_text", "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:text() end"},
    {"html_select",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do pcall(d.select, d, 'p b') "
     "end"},
    {"html_first",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:first('p u') end"},
    {"html_select_with_has",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000))"
     " while true do pcall(d.select, d, ':has(:has(b)):has(~ p):has(> u)') end"},
    {"html_select_of_type",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000))"
     " while true do pcall(d.select, d, 'p:nth-last-of-type(3n+1)') end"},
    {"html_select_later_siblings",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000))"
     " while true do pcall(d.select, d, 'p ~ p ~ p ~ p ~ p ~ p ~ p ~ p') end"},
    {"html_select_long_attributes",
     "local d = rs.html(('<p class=\"' .. ('ab '):rep(3000) .. '\">'):rep(300))"
     " while true do pcall(d.select, d, '[class*=\"abac\" i][class~=\"abac\"]') end"},
    {"html_select_deep",
     "local d = rs.html(('<div>'):rep(450) .. ('<b>a</b>'):rep(40000))"
     " while true do pcall(d.select, d, 'div div div div div div b') end"},
    {"html_select_on_a_small_page",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(1500))"
     " while true do pcall(d.select, d, ':is(p,b):not(u):has(b), b:nth-of-type(1)') end"},
    {"html_children",
     "local d = rs.html(('<p>a</p>'):rep(200000)) local b = d:first('body')"
     " while true do b:children() end"},
    {"html_to_html",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:html() end"},
    {"html_markdown",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do pcall(d.markdown, d) end"},
    {"html_markdown_of_an_element",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) local b = d:first('body')"
     " while true do pcall(b.markdown, b) end"},
    {"html_markdown_in_quotes",
     "local d = rs.html(('<blockquote>'):rep(400) .. ('a<hr>'):rep(3000)) local b = d:first('body')"
     " while true do pcall(b.markdown, b) end"},
    {"html_main_text",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:main_text() end"},
    {"html_meta",
     "local d = rs.html(('<meta name=a content=b><p class=author><time datetime=x>1</time>'):rep("
     "30000)) while true do d:meta() end"},
    {"html_title",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:title() end"},
    {"html_links",
     "local d = rs.html(('<a href=x>b</a>'):rep(20000)) while true do pcall(d.links, d) end"},
    {"html_links_in_links",
     "local d = rs.html(('<a href=x>b<object>'):rep(200) .. ('<i>c</i>'):rep(3000))"
     " while true do pcall(d.links, d) end"},
    {"html_tables",
     "local d = rs.html('<table>' .. ('<tr><td>a<td>b<td>c'):rep(30000))"
     " while true do pcall(d.tables, d) end"},
    {"html_cells_that_span",
     "local d = rs.html('<table><tr><td colspan=1000 rowspan=0>a' .. ('<tr><td>b'):rep(190))"
     " while true do pcall(d.tables, d) pcall(d.markdown, d) end"},
    {"html_tables_in_tables",
     "local d = rs.html(('<table><tr><td>a'):rep(150) .. ('<i>c</i>'):rep(5000))"
     " while true do pcall(d.tables, d) pcall(d.markdown, d) end"},
    {"html_extract",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000))"
     " while true do pcall(d.extract, d, {all = {'p', {b = 'b', t = '.'}}}) end"},
    {"html_extract_on_a_small_page",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(2000)) local f = {}"
     " for i = 1, 200 do f['f' .. i] = {'p b'} end while true do pcall(d.extract, d, f) end"},
    {"html_in_coroutines",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(15000)) local function f() pcall(d.markdown, d) "
     "pcall(d.select, d, 'p b') pcall(d.links, d) end while true do coroutine.wrap(f)() end"},
    {"html_where_it_cannot_yield",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(15000))"
     " table.sort({1, 2}, function() while true do pcall(d.text, d) pcall(d.select, d, 'b') end "
     "end)"},
    {"html_in_a_metamethod_of_c",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(15000))"
     " tostring(setmetatable({}, {__tostring = function() while true do pcall(d.text, d)"
     " pcall(d.select, d, 'b') pcall(d.markdown, d) end end}))"},
    {"html_parsed_in_a_metamethod_of_c",
     "local s = ('<p>a<b>b'):rep(30000) tostring(setmetatable({}, {__tostring = function()"
     " while true do pcall(rs.html, s) end end}))"},
    {"html_many_documents",
     "local s, t, i = ('<p>a<b>b'):rep(15000), {}, 0"
     " while true do i = i + 1 pcall(function() t[i % 8] = rs.html(s) end) end"},
    {"html_many_documents_read",
     "local s, t, i = ('<p>a<b>b'):rep(9000), {}, 0"
     " while true do i = i + 1 t[i % 4] = rs.html(s) t[i % 4]:markdown() end"},
    {"html_many_names",
     "local t = {} for i = 1, 60000 do t[i] = '<a' .. i .. ' b' .. i .. '=c>' end"
     " local s = table.concat(t, '</x>') while true do pcall(rs.html, s) end"},
    {"html_hard_to_parse",
     "local t = {} for i = 1, 5000 do t[i] = '<tr><td><b a=' .. i .. '>x' end"
     " local s = '<table>' .. table.concat(t) while true do pcall(rs.html, s) end"},
    {"html_hard_to_parse_in_coroutines",
     "local t = {} for i = 1, 5000 do t[i] = '<tr><td><b a=' .. i .. '>x' end"
     " local s = '<table>' .. table.concat(t)"
     " while true do pcall(coroutine.wrap(function() rs.html(s) end)) end"},
    {"json_path",
     "local s = '[' .. ('{\"a\":[1,2,3]},'):rep(40000) .. '1]'"
     " while true do pcall(rs.json_path, s, '$..a[?@ > 1]') end"},
    {"json_path_on_a_small_text",
     "local s = ('['):rep(100) .. ('1,'):rep(3000) .. '1' .. (']'):rep(100)"
     " while true do pcall(rs.json_path, s, '$..*..*..*..*') end"},
    {"re2_many_programs",
     "local i = 0 while true do i = i + 1 pcall(rs.re2_match, '(?i)' .. ('[a-z' .. i % 99 .. "
     "'é]{1,20}'):rep(5) .. i, ('ab'):rep(500)) end"},
    // Texts of a MiB, filtered as the shipped script does it: each kind of character that
    // normalisation takes long for.
    {"filter_plain",
     "local s = ('a b'):rep(350000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_hangul_and_jamo",
     "local s = ('한\\u{1112}\\u{1161}\\u{11AB}글'):rep(60000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_lone_jamo",
     "local s = ('\\u{1112}\\u{1161}'):rep(87000) .. ('\\u{11AB}'):rep(87000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_marks_of_class_0",
     "local s = ('\\u{0F73}\\u{0344}\\u{0F75}'):rep(87000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_marks_of_class_230",
     "local s = 'a' .. ('\\u{0301}'):rep(520000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_marks_out_of_order",
     "local s = ('\\u{0301}\\u{0316}\\u{05B0}\\u{3099}'):rep(80000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_expanding",
     "local s = ('\\u{FDFA}'):rep(349000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_expanding_and_marks",
     "local s = ('\\u{FDFA}\\u{0316}\\u{0301}'):rep(60000) .. ('\\u{0316}'):rep(200000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_emoji_chains",
     "local s = ('\\u{1F468}\\u{200D}\\u{1F469}\\u{200D}\\u{1F466}'):rep(58000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_compositions_excluded",
     "local s = ('\\u{0958}\\u{FB1D}\\u{1D15E}\\u{2ADC}'):rep(75000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_wide_and_small_forms",
     "local s = ('\\u{FF21}\\u{3300}\\u{FE10}\\u{337F}'):rep(87000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_spaces_and_marks",
     "local s = ('\\u{3000}\\u{0301}\\u{200B}\\u{00A0}'):rep(90000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_decompositions_of_hangul",
     "local s = ('\\u{AC01}\\u{D7A3}'):rep(174000)"
     " while true do pcall(rs.filter_text, s, {'NFKD', 'NFC', 'NFKC'}) end"},
    {"filter_unassigned_and_private",
     "local s = ('\\u{0378}\\u{E000}\\u{10FFFD}\\u{FFFF}'):rep(80000)"
     " while true do pcall(rs.filter_text, s, {'NFKC', 'RmZeroWidth', 'NormalizeWS'}) end"},
    {"filter_every_filter",
     "local s = ('A\\u{FDFA}\\u{0301}&amp;<!-- x -->\\u{202E}\\u{E0041} \\u{FE0F}'):rep(30000)"
     " while true do pcall(rs.filter_text, s, {'DecodeEntities', 'RmComments', 'RmBlobs', 'NFKC',"
     " 'RmBidi', 'RmTags', 'RmVariation', 'LimitMarks:4', 'PlainSpaces', 'CaseFold', 'Skeleton'}) "
     "end"},
    {"filter_blobs",
     "local s = ('QUFBQUFBQUFBQUFBQUFBQUFB'):rep(43000)"
     " while true do pcall(rs.filter_text, s, {'RmBlobs'}) pcall(rs.filter_text, s, "
     "{'DecodeBlobs'})"
     " end"},
    {"filter_in_coroutines",
     "local s = ('\\u{FDFA}\\u{0301}'):rep(60000)"
     " while true do pcall(coroutine.wrap(function() rs.filter_text(s, {'NFKC'}) end)) end"},
    {"rat_of_many_digits",
     "local s = ('9'):rep(60000) while true do pcall(function() return tostring(rat.new(s) + 1) "
     "end)"
     " end"},
    {"random_bytes", "while true do pcall(rs.random_bytes, 65536) end"},
    {"rats",
     "local r = rat.new(3) for i = 1, 12 do r = r * r end while true do local q = r / (r + 1)"
     " tostring(q) end"},
    {"many_values_as_answer", "local t = {} for i = 1, 1e6 do t[i] = i end return t"},
    {"values_as_answer", "local t = {} for i = 1, 2.4e5 do t[i] = i end return t"},
    {"long_keys_as_answer",
     "local t = {} for i = 1, 62e3 do t[('key '):rep(20) .. i] = 'é' .. i end return t"},
    {"long_string_as_answer", "return ('é'):rep(1e7)"},
};

}  // namespace gvm::test
