-- Judges an access token against its grant and marks its generation seen: protocol::grant::present_access.
-- KEYS  1 the grant
-- ARGV  1 now  2 generation  3 what the end-user's key begins with; the rest is in the grant's row, the hash
--       tag is the same
-- Answers {liveness}, or {'alive', user id, the end-user's row, extensions of the grant}, or {'unstable'} while that row is on its way
-- to another node.
local row = redis.call('HMGET', KEYS[1], 'x', 'v', 'g', 'n', 'u', 'm')
if not row[1] then return {'gone'} end
if row[2] then return {'revoked'} end
if tonumber(ARGV[1]) >= tonumber(row[1]) then return {'gone'} end
local user = redis.call('HMGET', ARGV[3] .. row[5], 'o', 'e', 'c', 'd', 'f', 'k', 't')
if not user[1] then return {'unstable'} end
if row[4] ~= '1' and row[3] == ARGV[2] then redis.call('HSET', KEYS[1], 'n', '1') end
return {'alive', row[5], user, row[6]}
