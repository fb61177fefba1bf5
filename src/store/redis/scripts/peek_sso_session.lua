-- Reads an SSO session with its end-user and the consent for a client.
-- KEYS  1 the session
-- ARGV  1, 2 what the keys of the end-user and of what they allowed begin with; the rest is in the session's row,
--       the hash tag is the same  3 the client, if one is asked for
-- Answers nil (unknown session), {the session's row, the end-user's row, consent}, or {'unstable'} while the
-- end-user's row is on its way to another node.
local session = redis.call('HMGET', KEYS[1], 'u', 'o', 'a', 'e', 'r', 'n', 'b', 'z')
if not session[5] or session[8] then return false end
local user = redis.call('HMGET', ARGV[1] .. session[1], 'o', 'e', 'c', 'd', 'f', 'k', 't')
if not user[1] then return {'unstable'} end
local consent = ARGV[3] and redis.call('GET', ARGV[2] .. session[1] .. ':' .. ARGV[3])
return {session, user, consent or false}
