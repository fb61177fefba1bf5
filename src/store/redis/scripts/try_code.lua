-- Judges an attempt at a code and writes the result: protocol::challenge::try_code.
-- KEYS  1 the challenge
-- ARGV  1 now  2 digest  3 reference, '' when none  4 attempt  5 code lifetime  6 attempts
--       7, 8 address budget: count, window  9, 10 device budget  11 time to live of a budget
--       12, 13 what the keys of budgets and of accounts begin with; the address key follows, and for a device's
--       budget a colon and its id. They have the same hash tag; which they are is told by the challenge's row.
-- Answers nil (unknown challenge) or {verdict, attempts left, whether this attempt used up the budget, account}.
-- Digests are keyed MACs of 32 bytes, so the time of their comparison reveals nothing that helps to guess.
local row = redis.call('HMGET', KEYS[1], 'k', 'd', 'f', 'l', 'z', 'x')
if not row[1] then return false end
local now, attempt, device, form = tonumber(ARGV[1]), ARGV[4], row[2], row[3]

local function accepted()
  return {'accepted', 0, 0, redis.call('HMGET', ARGV[13] .. row[1], 'u', 'o', 'e', 'c', 'i', 'n')}
end

-- The attempt that uses up the last try is told that none is left.
local function failed(left, retired)
  if retired then return 'retired' end
  return left == 0 and 'spent' or 'wrong'
end

local failures = 0
for id, left, retired in string.gmatch(row[5], '([^,;]+),(%d+),([01]);') do
  if id == attempt then return {failed(tonumber(left), retired == '1'), tonumber(left), 0} end
  failures = failures + 1
end
if row[6] == attempt then return accepted() end
local attempts = tonumber(ARGV[6])
if row[6] or failures >= attempts then return {'spent', 0, 0} end

local live, lifetime = read_live(row[4]), tonumber(ARGV[5])
local last_sent_at = live[#live][3]
if now >= last_sent_at + lifetime then return {'expired', 0, 0} end

local budget, limit = ARGV[12] .. row[1], 7
if device then budget, limit = budget .. ':' .. device, 9 end
local count, window = tonumber(ARGV[limit]), tonumber(ARGV[limit + 1])
local log, used_up_at = read_budget(budget)
if is_retired(form, log, used_up_at, count, window, last_sent_at, now) then return {'retired', 0, 0} end

local right = false
for _, code in ipairs(live) do
  local named = ARGV[3] == '' or ARGV[3] == code[1]
  if now < code[3] + lifetime and named and code[2] == ARGV[2] then right = true end
end
if right then
  local answer = accepted()
  redis.call('HSET', KEYS[1], 'x', attempt)
  return answer
end

local left, used_up = math.max(attempts - failures - 1, 0), 0
-- Guessing eight characters is hopeless, so such failures count only for the challenge and for no budget.
if form == 'digits' then
  local kept = {}
  for _, event in ipairs(log) do
    if event + window > now then kept[#kept + 1] = event end
  end
  kept[#kept + 1] = now
  local changed = {'f', ''}
  if wait(kept, count, window, now) then
    used_up = 1
    changed[3], changed[4] = 'u', ARGV[1]
  end
  for place, event in ipairs(kept) do kept[place] = string.format('%.0f', event) end
  changed[2] = table.concat(kept, ',')
  redis.call('HSET', budget, unpack(changed))
  redis.call('PEXPIRE', budget, ARGV[11])
end
redis.call('HSET', KEYS[1], 'z', row[5] .. attempt .. ',' .. left .. ',' .. used_up .. ';')
return {failed(left, used_up == 1), left, used_up}
