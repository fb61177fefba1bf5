-- One step of ending an SSO session: the session makes no further grants, and some of the grants made in it
-- are revoked, except those that outlive it. With the last step the session is over.
-- KEYS  1 the session
-- ARGV  1 now  2 attempt  3 for how long a repeat gets the same answer  4, 5, 6 what the keys of participants, of
--       grants, and of the indexes of grants begin with; the rest is in the rows, the hash tag is the same  7 where the
--       step before stopped, 0 for the first  8 about how many grants end at once
-- Answers nil (no session), 0 (another attempt ended it), or {the session's row, {id of a grant, client, whether this attempt ended it, …}, where this
-- step stopped, 0 for the last}.
-- All reads come before the first write, so that a script stopped by Redis has changed nothing.
local session = redis.call('HMGET', KEYS[1], 'u', 'o', 'a', 'e', 'r', 'n', 'b', 'z')
local attempt, ended = ARGV[2], session[8]
if not session[5] then return false end
if ended and ended ~= attempt then return 0 end
local joined = ARGV[4] .. session[5]
-- No grant joins after the first step, so the scan misses none.
local page = redis.call('HSCAN', joined, ARGV[7], 'COUNT', ARGV[8])
local stopped, entries = page[1], page[2]
local now, took_part, ends = tonumber(ARGV[1]), {}, {}
for i = 1, #entries, 2 do
  local sid = entries[i]
  if sid ~= '' then
    local grant = redis.call('HMGET', ARGV[5] .. sid, 'x', 'v', 't', 's', 'q')
    local revoked = false
    if grant[1] and not string.find(' ' .. grant[4] .. ' ' .. (grant[5] or '') .. ' ', ' offline_access ', 1, true) then
      if grant[2] then
        -- The revocation keeps the attempt, so that a retry gets the same answer.
        revoked = grant[3] == attempt
      elseif now < tonumber(grant[1]) then
        revoked = true
        ends[#ends + 1] = {sid, entries[i + 1], tonumber(grant[1]) - now}
      end
    end
    took_part[#took_part + 1] = sid
    took_part[#took_part + 1] = entries[i + 1]
    took_part[#took_part + 1] = revoked and '1' or '0'
  end
end

if not ended then redis.call('HDEL', joined, '') end
if not ended and stopped == '0' then
  redis.call('HSET', KEYS[1], 'z', attempt)
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PEXPIRE', joined, ARGV[3])
end
for _, grant in ipairs(ends) do
  local key = ARGV[5] .. grant[1]
  redis.call('HSET', key, 'v', ARGV[1], 't', attempt)
  redis.call('PEXPIRE', key, grant[3] + 86400000)
  redis.call('ZREM', index_of(ARGV[6], session[1], grant[2]), grant[1])
end
return {session, took_part, stopped}
