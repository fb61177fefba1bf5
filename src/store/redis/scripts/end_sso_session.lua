-- Ends a session at the issuer, and revokes the grants that were made in it and were not granted for longer.
-- KEYS  1 the session
-- ARGV  1 now  2 attempt  3 for how long the same attempt hears the same  4, 5 what the keys of those who take part, and
--       of grants, begin with; the rest is in the rows, the hash tag is the same
-- Answers nil (no session), or {the session's row, {id of a grant, client, whether this attempt ended it, …}}.
-- All reads come before the first write, so that a script that is stopped has changed nothing.
local session = redis.call('HMGET', KEYS[1], 'u', 'o', 'a', 'e', 'r', 'n', 'z')
local attempt, ended = ARGV[2], session[7]
if not session[5] or (ended and ended ~= attempt) then return false end
local joined = ARGV[4] .. session[5]
local entries = redis.call('HGETALL', joined)
local now, took_part, ends = tonumber(ARGV[1]), {}, {}
for i = 1, #entries, 2 do
  local sid = entries[i]
  if sid ~= '' then
    local grant = redis.call('HMGET', ARGV[5] .. sid, 'x', 'v', 't', 's')
    local revoked = false
    if grant[1] and not string.find(' ' .. grant[4] .. ' ', ' offline_access ', 1, true) then
      if grant[2] then
        -- The revocation carries the attempt, so that its own retry hears the same.
        revoked = grant[3] == attempt
      elseif now < tonumber(grant[1]) then
        revoked = true
        ends[#ends + 1] = {ARGV[5] .. sid, tonumber(grant[1]) - now}
      end
    end
    took_part[#took_part + 1] = sid
    took_part[#took_part + 1] = entries[i + 1]
    took_part[#took_part + 1] = revoked and '1' or '0'
  end
end

if not ended then
  redis.call('HSET', KEYS[1], 'z', attempt)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('HDEL', joined, '')
  redis.call('PEXPIRE', joined, ARGV[3])
end
for _, grant in ipairs(ends) do
  redis.call('HSET', grant[1], 'v', ARGV[1], 't', attempt)
  redis.call('PEXPIRE', grant[1], grant[2] + 86400000)
end
return {session, took_part}
