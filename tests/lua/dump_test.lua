local t = require("harness")
local lib = require("lib-genvm")
local value2json = require("value2json")
local inspect = require("inspect")

function Tests.plain_values_pass()
  t.eq(value2json(5), 5)
  t.eq(value2json(nil), nil)
  t.eq(value2json { a = { 1, 2, { b = true } } }, { a = { 1, 2, { b = true } } })
end

function Tests.cycles_and_shared_tables_are_references()
  local shared = { x = 1 }
  local value = { shared, shared }
  value.self = value
  local json = value2json(value)
  t.eq(json["$id"], 0)
  t.eq(json.self, { ["$table"] = 0 })
  t.eq(lib.rs.json_stringify(value2json { shared, shared }), '[{"$id":0,"x":1},{"$table":0}]')
end

function Tests.what_json_cannot_carry()
  t.eq(value2json(rat.new(1, 3)), "rat:1/3")
  t.eq(value2json { f = print, c = coroutine.create(print), [true] = 1 },
    { f = "<function>", c = "<thread>", ["true"] = 1 })
  local _, e = pcall(lib.rs.user_error, { causes = { "A" }, fatal = true, ctx = { x = 1 } })
  t.eq(value2json { e = e }, { e = { causes = { "A" }, fatal = true, ctx = { x = 1 } } })
end

function Tests.tables_that_share_without_end_stay_small()
  local value = {}
  for _ = 1, 50 do
    value = { value, value }
  end
  t.truthy(#lib.rs.json_stringify(value2json(value)) < 10000)
end

function Tests.deep_nesting_is_cut()
  local value = {}
  for _ = 1, 1000 do
    value = { value }
  end
  t.truthy(lib.rs.json_stringify(value2json(value)):find("<deep>", 1, true))
end

function Tests.inspect_shows_values_in_a_fixed_order()
  t.eq(inspect { 1, "two", b = true, a = { x = 0.5 }, ["not a name"] = 1, [10] = 2 },
    [[{ 1, "two",
  [10] = 2,
  a = {
    x = 0.5
  },
  b = true,
  ["not a name"] = 1
}]])
  t.eq(inspect {}, "{}")
  t.eq(inspect { 1, 2 }, "{ 1, 2 }")
  t.eq(inspect(nil), "nil")
  t.eq(inspect("a\n\"\\\0"), [["a\n\"\\\000"]])
end

function Tests.inspect_options()
  local value = { a = { b = { c = 1 } } }
  t.eq(inspect(value, { newline = " ", indent = "" }), "{ a = { b = { c = 1 } } }")
  t.eq(inspect(value, { newline = "", indent = "", depth = 2 }), "{a = {b = {...}}}")
  t.eq(inspect.inspect(5), "5")
end

function Tests.inspect_takes_cycles_and_everything_else()
  local value = { name = "loop" }
  value.self = value
  t.eq(inspect(value), '<1>{\n  name = "loop",\n  self = <table 1>\n}')
  t.eq(inspect { print, print, rat.new(1, 2) }, "{ <function 1>, <function 1>, rat 1/2 }")
  t.truthy(#inspect(string.rep("x", 200000)) == 200002)
end
