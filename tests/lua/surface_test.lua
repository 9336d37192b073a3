-- Every name of the surface that operators' scripts stand on, by its type. The names are GenVM's, odd ones included.
local t = require("harness")
local lib = require("lib-genvm")
local llm = require("lib-llm")

local function has(table, kind, names)
  for name in names:gmatch("%S+") do
    if type(table[name]) ~= kind then
      error(name .. ": expected a " .. kind .. ", found " .. type(table[name]), 2)
    end
  end
end

function Tests.lib_genvm()
  has(lib, "function", "log get_first_from_table get_first_from_table_assert reraise_with_fatality finally map_01_to_range")
  has(lib.rs, "function", "request json_parse json_stringify base64_encode base64_decode url_encode split_url sleep_seconds")
  has(lib.rs, "function", "monotonic_ms random_bytes random_float sha2_256 sha3_256 keccak256 user_error as_user_error")
  has(lib.rs, "function", "filter_text filter_image")
  has(lib.rs, "string", "data_dir")
end

function Tests.lib_llm()
  has(llm, "table", "rs providers templates overloaded_statuses")
  has(llm, "table", "providers_with_json_support providers_with_image_support providers_with_image_and_json_support")
  has(llm, "function", "exhaust exec_prompt_transform exec_prompt_template_transform select_providers_for")
  has(llm, "function", "provider_http_error_description")
  has(llm.rs, "function", "exec_prompt_in_provider")
end

function Tests.rat()
  has(rat, "function", "new is_rat")
  t.truthy(rat.is_rat(rat.zero))
  local half = rat.new("1/2")
  for name in ("numer denom to_float abs sign is_zero is_integer floor ceil trunc pow"):gmatch("%S+") do
    t.eq(type(half[name]), "function")
  end
  t.eq(tostring(half + 1), "3/2")
  t.eq(tostring(1 - half), "1/2")
  t.eq(tostring(half * 4), "2")
  t.eq(tostring(half / 2), "1/4")
  t.eq(tostring(rat.new(7, 2) % 2), "3/2")
  t.eq(tostring(-half), "-1/2")
  t.truthy(half == rat.new(2, 4) and half < 1 and half <= rat.new(0.5))
end

function Tests.other_libraries()
  t.eq(type(require("value2json")), "function")
  t.truthy(getmetatable(require("inspect")).__call ~= nil)
  local sqlite = require("lsqlite3")
  has(sqlite, "function", "open open_memory")
  has(sqlite, "number", "OK ERROR BUSY ROW DONE INTEGER FLOAT TEXT BLOB NULL")
end

function Tests.globals_for_the_fields_own_libraries()
  t.truthy(__dflt ~= nil and __dflt.request == lib.rs.request)
  t.truthy(__llm ~= nil and __llm.exec_prompt_in_provider == llm.rs.exec_prompt_in_provider)
  t.eq(__web, nil)
end

function Tests.what_a_script_cannot_have()
  for _, absent in ipairs { "debug", "dofile", "loadfile" } do
    t.eq(_G[absent], nil)
  end
  for name in ("execute exit remove rename tmpname getenv setlocale"):gmatch("%S+") do
    t.eq(os[name], nil)
  end
  has(os, "function", "time clock date")
  t.eq(package.loadlib, nil)
  t.eq(package.cpath, nil)
  t.eq(package.searchers, nil)
  t.eq(string.dump, nil)
  local f, why = load("\27Lua")
  t.eq(f, nil)
  t.truthy(type(why) == "string")
end

function Tests.names_of_lua_5_3()
  has(table, "function", "unpack pack move")
  has(string, "function", "pack unpack packsize")
  has(utf8, "function", "char codepoint len offset")
  has(math, "function", "tointeger type ult")
  t.eq(7 // 2, 3)
  t.eq(5 & 3 | 8 ~ 1, 9)
end
