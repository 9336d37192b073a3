local t = require("harness")
local lib = require("lib-genvm")

function Tests.first_of_a_table()
  t.eq(lib.get_first_from_table(nil), nil)
  t.eq(lib.get_first_from_table {}, nil)
  t.eq(lib.get_first_from_table { x = 5 }, { key = "x", value = 5 })
  t.eq(lib.get_first_from_table_assert { "a" }, { key = 1, value = "a" })
  t.eq(pcall(lib.get_first_from_table_assert, {}), false)
end

function Tests.reraise_changes_fatality_and_nothing_else()
  local _, e = pcall(lib.rs.user_error, { causes = { "A", "b" }, fatal = false, ctx = { x = 1 } })
  local err = t.raises("A", lib.reraise_with_fatality, e, true)
  t.eq(err, { causes = { "A", "b" }, fatal = true, ctx = { x = 1 } })
  local _, plain = pcall(lib.reraise_with_fatality, "text", true)
  t.eq(plain, "text")
end

function Tests.finally_runs_cleanup_on_both_paths()
  local cleaned = 0
  local function cleanup()
    cleaned = cleaned + 1
  end
  t.eq(lib.finally(function() return "answer" end, cleanup), "answer")
  t.eq(select("#", lib.finally(function() return 1, nil, nil end, cleanup)), 3)
  t.raises("X", lib.finally, function() lib.rs.user_error { causes = { "X" }, fatal = true } end, cleanup)
  t.eq(cleaned, 3)
end

function Tests.finally_keeps_the_outcome_of_the_body_when_cleanup_fails()
  local function bad() error("cleanup") end
  t.eq(lib.finally(function() return 1 end, bad), 1)
  t.raises("X", lib.finally, function() lib.rs.user_error { causes = { "X" } } end, bad)
end

function Tests.finally_works_across_a_suspending_call()
  local cleaned = false
  t.eq(lib.finally(function() lib.rs.sleep_seconds(0.001) return "slept" end, function() cleaned = true end), "slept")
  t.truthy(cleaned)
end

function Tests.map_01_to_range()
  t.eq(lib.map_01_to_range(0, 2, 6), 2)
  t.eq(lib.map_01_to_range(0.5, 2, 6), 4.0)
  t.eq(lib.map_01_to_range(1, 6, 2), 2)
end

function Tests.pcall_across_suspending_calls_keeps_locals()
  local before = { 1 }
  local ok, e = pcall(function()
    lib.rs.sleep_seconds(0.001)
    error({ code = 5 })
  end)
  t.eq(ok, false)
  t.eq(e.code, 5)
  t.eq(before, { 1 })
end
