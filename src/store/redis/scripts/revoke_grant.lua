-- Revokes a grant. Its row is kept until its end, and it no longer counts in the index.
-- KEYS  1 the grant
-- ARGV  1 now  2 what the index of an end-user's grants begins with; the rest is in the row, the hash tag is the same
--       3 id of the grant
local row = redis.call('HMGET', KEYS[1], 'x', 'v', 'u', 'c')
if not row[1] then return 'unknown' end
if row[2] then return 'already_revoked' end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(row[1]) - tonumber(ARGV[1]), 0) + 86400000)
redis.call('ZREM', index_of(ARGV[2], row[3], row[4]), ARGV[3])
return 'revoked'
