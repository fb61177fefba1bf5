-- Judges the redemption of a code; makes the grant at the first use, or revokes it at a replay:
-- protocol::authorization_code::redeem.
-- KEYS  1 the code  2 the end-user  3 the grant to make  4 the index of the end-user's grants at its client  5 the
--       participants of its session, if it is made in one
-- ARGV  1 now  2 attempt  3 for how long a second use that proved its verifier is only refused  4 for how long a
--       used code is remembered  5 time to live of a used code  6 what the keys of grants begin with; the id of
--       the first use's grant is in the code's row, the hash tag is the same  7 id of the grant to make
--       8 its time to live  9 its client  10 '1' when it outlives its session  11 the end of its session  12 time to live
--       of the index  13 what indexes begin with  14 how many grants there may be  15… its fields and values
-- Answers nil (unknown code), {'granted', email, customer id, the grants that ended to make room}, {'twice'}, {'expired'}, {'replayed', id of the grant
-- that this attempt ended or nil}, or {'unstable'} while the end-user's row is on its way to another node.
-- All reads come before the first write, so that a script stopped by Redis has changed nothing.
local row = redis.call('HMGET', KEYS[1], 'e', 'q', 't', 'w', 'g')
if not row[1] then return false end
local now, attempt, first = tonumber(ARGV[1]), ARGV[2], row[3]

if first and first ~= attempt then
  local age = math.max(now - tonumber(row[4]), 0)
  if now >= tonumber(row[4]) + tonumber(ARGV[4]) then return {'expired'} end
  if row[2] == '1' and age <= tonumber(ARGV[3]) then return {'twice'} end
  local key = ARGV[6] .. row[5]
  local grant = redis.call('HMGET', key, 'x', 'v', 't', 'u', 'c')
  if not grant[1] then return {'replayed', false} end
  -- The revocation keeps the attempt, so that a retry gets the same answer.
  if grant[2] then return {'replayed', grant[3] == attempt and row[5]} end
  local left = tonumber(grant[1]) - now
  if left <= 0 then return {'replayed', false} end
  redis.call('HSET', key, 'v', ARGV[1], 't', attempt)
  redis.call('PEXPIRE', key, left + 86400000)
  redis.call('ZREM', index_of(ARGV[13], grant[4], grant[5]), row[5])
  return {'replayed', row[5]}
end

if not first and now >= tonumber(row[1]) then return {'expired'} end
local session_lives = KEYS[5] and redis.call('HEXISTS', KEYS[5], '') == 1
if not first and not session_lives and ARGV[10] ~= '1' then return {'expired'} end
local holder = redis.call('HMGET', KEYS[2], 'e', 'i')
if not holder[1] then return {'unstable'} end
if first then
  return {'granted', holder[1], holder[2], displaced_by(KEYS[4], ARGV[6], attempt)}
end
local has_grant, displaced = redis.call('EXISTS', KEYS[3]) == 1, {}
local ended, leaving
if not has_grant then ended, leaving = crowd_of(KEYS[4], ARGV[6], now, ARGV[14]) end
redis.call('HSET', KEYS[1], 't', attempt, 'w', ARGV[1], 'g', ARGV[7])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if not has_grant then
  displaced = displace(KEYS[4], ARGV[6], ARGV[1], attempt, ended, leaving)
  redis.call('HSET', KEYS[3], unpack(ARGV, 15))
  redis.call('PEXPIRE', KEYS[3], ARGV[8])
  count_grant(KEYS[4], ARGV[7], ARGV[11], ARGV[12])
end
if session_lives then
  -- The client hears of the logout by the new grant, so that the displaced grants need not stay participants.
  if #displaced > 0 then redis.call('HDEL', KEYS[5], unpack(displaced)) end
  redis.call('HSET', KEYS[5], ARGV[7], ARGV[9])
end
return {'granted', holder[1], holder[2], displaced}
