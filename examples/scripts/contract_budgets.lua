-- Each contract has tokens for a day. While it has some, its prompts go to the paid model; then to the free one; a contract
-- that asks the free one too often is refused. Counted in a database of this script's own, which all sessions share and
-- which outlives the module. (`budgets` with `scope: [contract_address]` in the configuration is the simpler way where the
-- answer to "used up" is an error.)

local lib = require("lib-genvm")
local llm = require("lib-llm")
local sqlite = require("lsqlite3")

local PAID = { provider = "paid", model = "large" }
local FREE = { provider = "free", model = "local" }
local PAID_TOKENS = 10000 -- of a contract and a day
local FREE_TOKENS = 50000

local function open_database()
  local db = assert(sqlite.open("contract_budgets.db"))
  db:exec "CREATE TABLE IF NOT EXISTS spent (contract TEXT, day TEXT, tokens INTEGER, PRIMARY KEY (contract, day))"
  return db
end

local function contract_of(ctx)
  return ctx.host_data.contract_address or "unknown"
end

local function today()
  return os.date("!%Y-%m-%d")
end

local function spent(db, contract)
  local query = db:prepare "SELECT tokens FROM spent WHERE contract = ? AND day = ?"
  query:bind_values(contract, today())
  local tokens = 0
  for row in query:nrows() do tokens = row.tokens end
  query:finalize()
  return tokens
end

local function add(db, contract, tokens)
  local change = db:prepare "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT (contract, day) DO UPDATE SET tokens = tokens + excluded.tokens"
  change:bind_values(contract, today(), tokens)
  change:step()
  change:finalize()
end

local function choose(tokens)
  if tokens < PAID_TOKENS then return PAID end
  if tokens < PAID_TOKENS + FREE_TOKENS then return FREE end
  lib.rs.user_error { causes = { "CONTRACT_BUDGET_USED_UP" }, fatal = false, ctx = { tokens = tokens } }
end

local function dispatch(ctx, mapped)
  local db = open_database()
  return lib.finally(function()
    local contract = contract_of(ctx)
    local at = choose(spent(db, contract))
    local answer = llm.rs.exec_prompt_in_provider(ctx, {
      provider = at.provider,
      model = at.model,
      prompt = mapped.prompt,
      format = mapped.format,
    })
    -- A provider that reports no usage is counted as nothing: `budgets` would charge the most it can have been.
    add(db, contract, (answer.tokens.input or 0) + (answer.tokens.output or 0))
    return { data = answer.data, consumed_gen = answer.consumed_gen }
  end, function() db:close() end)
end

function ExecPrompt(ctx, args)
  return dispatch(ctx, llm.exec_prompt_transform(args))
end

function ExecPromptTemplate(ctx, args)
  return dispatch(ctx, llm.exec_prompt_template_transform(args))
end
