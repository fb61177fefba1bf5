-- Opens a session at the issuer, and makes its end-user's row when there is none.
-- KEYS  1 the session  2 the end-user  3 what the end-user allowed the client
-- ARGV  1 time to live of the session  2 number of the fields and values of the session, which follow; those of
--       the end-user come after
-- Answers {the session's row, the end-user's row, consent}.
local has_session = redis.call('EXISTS', KEYS[1]) == 1
local has_user = redis.call('EXISTS', KEYS[2]) == 1
local consent = redis.call('GET', KEYS[3])
local fields = tonumber(ARGV[2])
if not has_user then redis.call('HSET', KEYS[2], unpack(ARGV, 3 + fields)) end
if not has_session then
  redis.call('HSET', KEYS[1], unpack(ARGV, 3, 2 + fields))
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {redis.call('HMGET', KEYS[1], 'u', 'o', 'a', 'e'), redis.call('HMGET', KEYS[2], 'o', 'e', 'c', 'd', 'f', 'k'), consent}
