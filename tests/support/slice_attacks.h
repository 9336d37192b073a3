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
    {"rep", "while true do local s = ('ab'):rep(1e7) end"},
    {"sub", "local s = ('a'):rep(2e7) while true do local t = s:sub(2) end"},
    {"concatenation", "local s = ('a'):rep(1e7) while true do local t = s .. 'b' end"},
    {"equal_strings",
     "local s, t = ('a'):rep(1e7) .. 'b', ('a'):rep(1e7) .. 'b' while s == t do end"},
    {"ordered_strings",
     "local s, t = ('a'):rep(1e7) .. 'b', ('a'):rep(1e7) .. 'c' while s < t do end"},
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
    {"find_pattern", "local s = ('a'):rep(2e5) while true do s:find('[b-z]') end"},
    {"gsub_long", "local s = ('a'):rep(5e6) while true do s:gsub('b', 'c') end"},
    {"gsub_all", "local s = ('a'):rep(2e5) while true do s:gsub('.', '%0%0') end"},
    {"byte", "local s = ('a'):rep(9e5) while true do s:byte(1, -1) end"},
    {"char",
     "local t = {} for i = 1, 2e5 do t[i] = 65 end"
     " while true do string.char(table.unpack(t)) end"},
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
     "local i = 0 while true do i = i + 1 rs.re2_match('(a|b|' .. i .. '){1,50}\\\\pL{1,50}x', "
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
    {"html_markdown",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do pcall(d.markdown, d) end"},
    {"html_main_text",
     "local d = rs.html(('<p>a<b>b</b></p>'):rep(60000)) while true do d:main_text() end"},
    {"html_links",
     "local d = rs.html(('<a href=x>b</a>'):rep(20000)) while true do pcall(d.links, d) end"},
    {"rats", "local r = rat.new(3):pow(5000) while true do local q = r / (r + 1) tostring(q) end"},
    {"many_values_as_answer", "local t = {} for i = 1, 1e6 do t[i] = i end return t"},
    {"long_string_as_answer", "return ('é'):rep(1e7)"},
};

}  // namespace gvm::test
