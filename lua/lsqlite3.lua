-- require("lsqlite3"): SQLite databases under data_dir, with the surface that scripts of the field use. Every statement runs
-- on a thread beside the session's lane and suspends this session only, so it cannot run at a script's top level, in a
-- coroutine or in a callback of string.gsub. ATTACH, extensions and files elsewhere are refused.

local _, host = ...
local raw = host["lsqlite3"]

local M = {
  OK = 0, ERROR = 1, INTERNAL = 2, PERM = 3, ABORT = 4, BUSY = 5, LOCKED = 6, NOMEM = 7, READONLY = 8, INTERRUPT = 9,
  IOERR = 10, CORRUPT = 11, NOTFOUND = 12, FULL = 13, CANTOPEN = 14, PROTOCOL = 15, EMPTY = 16, SCHEMA = 17, TOOBIG = 18,
  CONSTRAINT = 19, MISMATCH = 20, MISUSE = 21, NOLFS = 22, FORMAT = 24, RANGE = 25, NOTADB = 26, ROW = 100, DONE = 101,
  INTEGER = 1, FLOAT = 2, TEXT = 3, BLOB = 4, NULL = 5,
  OPEN_READONLY = 1, OPEN_READWRITE = 2, OPEN_CREATE = 4,
}

-- Rows that an iterator fetches at once.
local FETCHED = 100

-- SQL's NULL is nil to scripts.
local function plain(value)
  if type(value) == "userdata" then
    return nil
  end
  return value
end

local Database, Statement = {}, {}
Database.__index, Statement.__index = Database, Statement
Database.__name, Statement.__name = "sqlite3", "sqlite3:stmt"

-- Keeps what the connection says after a call, for errcode() and the others.
local function noted(db, answer)
  db.answer = answer
  if answer.changes ~= nil then
    db.counters = answer
  end
  return answer.code
end

local function open_database(name, flags)
  local answer = raw.open(name, flags)
  if answer.id == nil then
    return nil, answer.code, answer.message
  end
  local db = setmetatable({ id = answer.id, answer = answer, counters = {}, statements = {} }, Database)
  -- The file is opened by the first statement: a file that cannot be opened is told at once.
  if noted(db, raw.exec(db.id, "")) ~= M.OK then
    local code, message = db.answer.code, db.answer.message
    raw.close(db.id)
    return nil, code, message
  end
  return db
end

-- Without flags a database is made when there is none; OPEN_READWRITE takes one that is there, OPEN_READONLY reads it.
function M.open(name, flags)
  return open_database(name or ":memory:", flags)
end

function M.open_memory()
  return open_database(":memory:")
end

function M.version()
  local db = assert(M.open_memory())
  local version
  for row in db:urows("SELECT sqlite_version()") do
    version = row
  end
  db:close()
  return version
end

function M.lversion()
  return "0.9.5"
end

local function checked(self)
  if self.id == nil then
    error("attempt to use closed sqlite database", 3)
  end
  return self
end

function Database:isopen()
  return self.id ~= nil
end

local function call_back(answer, callback, data)
  local names = answer.names
  for _, row in ipairs(answer.rows) do
    local values = {}
    for i = 1, #names do
      values[i] = plain(row[i])
    end
    local result = callback(data, #names, values, names)
    if result ~= nil and result ~= 0 then
      return M.ABORT
    end
  end
  return M.OK
end

function Database:exec(sql, callback, data)
  checked(self)
  local answer = raw.exec(self.id, sql, callback ~= nil)
  local code = noted(self, answer)
  if callback == nil or code ~= M.OK then
    return code
  end
  return call_back(answer, callback, data)
end
Database.execute = Database.exec

function Database:prepare(sql)
  checked(self)
  local answer = raw.prepare(self.id, sql)
  if noted(self, answer) ~= M.OK or answer.id == nil then
    return nil, answer.code, answer.message
  end
  local statement = setmetatable({
    db = self,
    id = answer.id,
    names = answer.names,
    parameters = answer.parameters,
    pending = {},
    row = nil,
  }, Statement)
  self.statements[statement] = true
  return statement, answer.tail
end

function Database:errcode()
  return self.answer.code
end
Database.error_code = Database.errcode

function Database:errmsg()
  local code = self.answer.code
  if code == M.OK or code == M.ROW or code == M.DONE then
    return "not an error"
  end
  return self.answer.message
end
Database.error_message = Database.errmsg

function Database:changes()
  return self.counters.changes or 0
end

function Database:total_changes()
  return self.counters.total_changes or 0
end

function Database:last_insert_rowid()
  return self.counters.rowid or 0
end

function Database:busy_timeout(ms)
  checked(self)
  return noted(self, raw.busy_timeout(self.id, math.tointeger(ms // 1)))
end

function Database:interrupt() end

function Database:close()
  if self.id == nil then
    return M.OK
  end
  local code = raw.close(self.id).code
  for statement in pairs(self.statements) do
    statement.id = nil
  end
  self.id, self.statements = nil, {}
  return code
end

-- Ends the statements, and the database unless `only_statements`.
function Database:close_vm(only_statements)
  if not only_statements then
    return self:close()
  end
  for statement in pairs(self.statements) do
    statement:finalize()
  end
  return M.OK
end

local function open_statement(self)
  if self.id == nil or self.db.id == nil then
    error("attempt to use closed sqlite virtual machine", 3)
  end
  return self
end

function Statement:isopen()
  return self.id ~= nil
end

-- Bindings travel with the next step.
local function set(self, index, ...)
  if math.tointeger(index) == nil or index < 1 or index > #self.parameters then
    return M.RANGE
  end
  self.pending[#self.pending + 1] = { math.tointeger(index), ... }
  return M.OK
end

local function index_of(self, name)
  if type(name) ~= "string" then
    return name
  end
  for i, parameter in ipairs(self.parameters) do
    if parameter == name or parameter:sub(2) == name then
      return i
    end
  end
end

function Statement:bind(index, value)
  open_statement(self)
  return set(self, index_of(self, index), value)
end

function Statement:bind_blob(index, value)
  open_statement(self)
  if value == nil then
    return set(self, index_of(self, index))
  end
  return set(self, index_of(self, index), value, true)
end

function Statement:bind_values(...)
  open_statement(self)
  local count = select("#", ...)
  if count ~= #self.parameters then
    error(("incorrect number of parameters to bind (%d given, %d to bind)"):format(count, #self.parameters), 2)
  end
  for i = 1, count do
    set(self, i, (select(i, ...)))
  end
  return M.OK
end

-- Named parameters by their name without its sign, nameless ones by their number.
function Statement:bind_names(values)
  open_statement(self)
  for i, parameter in ipairs(self.parameters) do
    local key = parameter == "" and i or parameter:sub(2)
    set(self, i, values[key] == nil and values[parameter] or values[key])
  end
  return M.OK
end

function Statement:bind_parameter_count()
  return #self.parameters
end

function Statement:bind_parameter_name(index)
  local name = self.parameters[index]
  return name ~= "" and name or nil
end

local function fetch(self, count)
  local answer = raw.step(self.db.id, self.id, self.pending, count)
  self.pending = {}
  self.ended = answer.code == M.DONE
  return noted(self.db, answer), answer.rows or {}
end

function Statement:step()
  open_statement(self)
  local code, rows = fetch(self, 1)
  self.row = rows[1]
  return code
end

-- After DONE the statement holds nothing, and the next step begins anew by itself (sqlite3_step): no thread is asked.
function Statement:reset()
  open_statement(self)
  self.row = nil
  if self.ended then
    return noted(self.db, { code = M.OK, message = "not an error" })
  end
  return noted(self.db, raw.reset(self.db.id, self.id))
end

function Statement:finalize()
  if self.id == nil or self.db.id == nil then
    return M.OK
  end
  local code = noted(self.db, raw.finalize(self.db.id, self.id))
  self.db.statements[self] = nil
  self.id = nil
  return code
end

function Statement:columns()
  return #self.names
end

function Statement:get_name(index)
  return self.names[index + 1]
end

function Statement:get_names()
  return { table.unpack(self.names) }
end

function Statement:get_unames()
  return table.unpack(self.names)
end

function Statement:get_value(index)
  return self.row and plain(self.row[index + 1])
end

local function list_of(self, row)
  local values = {}
  for i = 1, #self.names do
    values[i] = plain(row[i])
  end
  return values
end

local function by_name(self, row)
  local values = {}
  for i, name in ipairs(self.names) do
    values[name] = plain(row[i])
  end
  return values
end

local function unpacked(self, row)
  return table.unpack(list_of(self, row), 1, #self.names)
end

function Statement:get_values()
  return list_of(self, self.row or {})
end

function Statement:get_uvalues()
  return unpacked(self, self.row or {})
end

function Statement:get_named_values()
  return by_name(self, self.row or {})
end

function Statement:last_insert_rowid()
  return self.db:last_insert_rowid()
end

-- Some rows at once; a row that fails raises, as it does in the field's library.
local function iterate(self, shape, at_end)
  local rows, at, code = {}, 0, M.ROW
  return function()
    at = at + 1
    if rows[at] == nil and code == M.ROW then
      code, rows = fetch(self, FETCHED)
      at = 1
      if code ~= M.ROW and code ~= M.DONE then
        error(self.db:errmsg(), 2)
      end
    end
    local row = rows[at]
    if row == nil then
      at_end(self)
      return nil
    end
    return shape(self, row)
  end
end

local SHAPES = { rows = list_of, nrows = by_name, urows = unpacked }
for name, shape in pairs(SHAPES) do
  Statement[name] = function(self)
    open_statement(self)
    return iterate(self, shape, self.reset)
  end
  Database[name] = function(self, sql)
    local statement, _, message = checked(self):prepare(sql)
    if statement == nil then
      error(message, 2)
    end
    return iterate(statement, shape, statement.finalize)
  end
end

return M
