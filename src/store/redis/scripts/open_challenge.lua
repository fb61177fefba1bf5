-- Opens a challenge if all logs have room for one more sending: protocol::challenge::open.
-- KEYS  1 the challenge  2 the failure budget  3 the account  4… the logs
-- ARGV  1 now  2 next_send_at  3 time to live  4 budget: count  5 window  6 digits digest  7 letters digest
--       8 reference  9 number of the log arguments; 10… count and window of each log; then the attempt; then further
--       fields and values of the row
-- Answers {'sent' | 'repeated', form, reference, next_send_at, sent_at, account} or {'limited', wait}.
local now, after_logs = tonumber(ARGV[1]), 10 + tonumber(ARGV[9])
local attempt = ARGV[after_logs]
local before = redis.call('HMGET', KEYS[1], 'f', 'l', 'n', 'a')
local log = read_budget(KEYS[2])
local account = redis.call('HMGET', KEYS[3], 'u', 'o', 'e', 'c', 'i', 'n')
if before[1] then
  local live = read_live(before[2])
  local last = live[#live]
  local word = before[4] == attempt and 'sent' or 'repeated'
  return {word, before[1], last[1], before[3], last[3], account}
end
local longest = longest_wait(KEYS, 4, ARGV, 10, now)
if longest then return {'limited', longest} end

local letters = wait(log, tonumber(ARGV[4]), tonumber(ARGV[5]), now)
local form, digest = 'digits', ARGV[6]
if letters then form, digest = 'letters', ARGV[7] end
count_in(KEYS, 4, ARGV, 10, ARGV[1])
redis.call('HSET', KEYS[1], 'f', form, 'l', ARGV[8] .. ',' .. digest .. ',' .. ARGV[1] .. ';', 'n', ARGV[2],
  's', '1', 'z', '', 'a', attempt, unpack(ARGV, after_logs + 1))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'sent', form, ARGV[8], ARGV[2], ARGV[1], account}
