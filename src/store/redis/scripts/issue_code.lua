-- Stores a code unless its id exists, and stores the consent.
-- KEYS  1 the code  2 what the end-user allowed the client, if that is to be remembered
-- ARGV  1 time to live of the code  2 what was allowed, '' when nothing is to be remembered  3… fields and values
--       of the code
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if KEYS[2] then redis.call('SET', KEYS[2], ARGV[2]) end
return 1
