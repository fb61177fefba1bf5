-- Revokes a grant; its row stays as a tombstone until its end.
-- KEYS  1 the grant
-- ARGV  1 now
local row = redis.call('HMGET', KEYS[1], 'x', 'v')
if not row[1] then return 'unknown' end
if row[2] then return 'already_revoked' end
redis.call('HSET', KEYS[1], 'v', ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(tonumber(row[1]) - tonumber(ARGV[1]), 0) + 86400000)
return 'revoked'
