-- Sends another code of a challenge if the rule and all logs allow it: protocol::challenge::resend.
-- KEYS  1 the challenge  2 the account  3 log of the address and network  4 log of the address
-- ARGV  1 now  2 organization  3 address key  4 attempt  5 digits digest  6 letters digest  7, 8 references
--       9 code lifetime  10 attempts  11, 12 first and later wait  13 time to live
--       14 the address's budget; a device's adds a colon and its id
--       15 what the key of a device's log begins with; its id follows
--       16, 17 address budget: count, window  18, 19 device budget
--       20, 21 limit per address and network  22, 23 per address  24, 25 per device
-- The keys of 14 and 15 have the same hash tag; which they are is told by the challenge's row.
-- Answers {'sent', form, reference, next_send_at, sent_at, account}, {'limited' | 'too_soon', wait},
-- {'expired'} or {'spent'}.
local now = tonumber(ARGV[1])
local row = redis.call('HMGET', KEYS[1], 'o', 'k', 'd', 'f', 'l', 's', 'a', 'n', 'z', 'x')
local account = redis.call('HMGET', KEYS[2], 'u', 'o', 'e', 'c', 'i', 'n')
if row[1] ~= ARGV[2] or row[2] ~= ARGV[3] then return {'expired'} end

local device, form, live = row[3], row[4], read_live(row[5])
local last = live[#live]
if row[7] == ARGV[4] then return {'sent', form, last[1], row[8], last[3], account} end
local _, failures = string.gsub(row[9], ';', '')
if row[10] or failures >= tonumber(ARGV[10]) then return {'spent'} end
if now >= last[3] + tonumber(ARGV[9]) then return {'expired'} end

local budget, limit, keys, first = ARGV[14], 16, {KEYS[3], KEYS[4]}, 20
if device then budget, limit, keys, first = ARGV[14] .. ':' .. device, 18, {ARGV[15] .. device}, 24 end
local log, used_up_at = read_budget(budget)
local retired = is_retired(form, log, used_up_at, tonumber(ARGV[limit]), tonumber(ARGV[limit + 1]), last[3], now)
if not retired and now < tonumber(row[8]) then return {'too_soon', tonumber(row[8]) - now} end
local longest = longest_wait(keys, 1, ARGV, first, now)
if longest then return {'limited', longest} end

local reference, digest, kept, failed = ARGV[7], ARGV[5], last[4], row[9]
if reference == last[1] then reference = ARGV[8] end
if retired then form, kept, failed = 'letters', '', '' end
if form == 'letters' then digest = ARGV[6] end
local sends = tonumber(row[6])
local next_send_at = now + tonumber(sends <= 1 and ARGV[11] or ARGV[12])
count_in(keys, 1, ARGV, first, ARGV[1])
redis.call('HSET', KEYS[1], 'f', form, 'l', kept .. reference .. ',' .. digest .. ',' .. ARGV[1] .. ';',
  's', sends + 1, 'a', ARGV[4], 'n', next_send_at, 'z', failed)
redis.call('PEXPIRE', KEYS[1], ARGV[13])
return {'sent', form, reference, next_send_at, ARGV[1], account}
