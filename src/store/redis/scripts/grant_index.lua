-- The index of an end-user's grants at a client, by the end of their session: protocol::grant_limit.

-- Answers the grants that have ended, and those that must end to make room for one more. Writes nothing.
local function crowd_of(index, grants, now, most)
  local ended, counting, displaced = {}, {}, {}
  if redis.call('ZCARD', index) < tonumber(most) then return ended, displaced end
  for _, sid in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local row = redis.call('HMGET', grants .. sid, 'r', 'v', 'e', 'x')
    if not row[1] or row[2] or now >= tonumber(row[3]) then
      ended[#ended + 1] = sid
    else
      counting[#counting + 1] = {sid = sid, rotated_at = tonumber(row[1]), left = tonumber(row[4]) - now}
    end
  end
  while #counting >= tonumber(most) do
    -- Of grants with the same time, the first in the index.
    local oldest = 1
    for place = 2, #counting do
      if counting[place].rotated_at < counting[oldest].rotated_at then oldest = place end
    end
    displaced[#displaced + 1] = table.remove(counting, oldest)
  end
  return ended, displaced
end

-- The grants that were ended for this attempt.
local function displaced_by(index, grants, attempt)
  local displaced = {}
  for _, sid in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    local row = redis.call('HMGET', grants .. sid, 'v', 't')
    if row[1] and row[2] == attempt then displaced[#displaced + 1] = sid end
  end
  return displaced
end

-- Ends the grants that make room and answers their ids. They stay in the index until room is needed again.
local function displace(index, grants, now, attempt, ended, displaced)
  local ids = {}
  if #ended > 0 then redis.call('ZREM', index, unpack(ended)) end
  for _, grant in ipairs(displaced) do
    ids[#ids + 1] = grant.sid
    redis.call('HSET', grants .. grant.sid, 'v', now, 't', attempt)
    redis.call('PEXPIRE', grants .. grant.sid, math.max(grant.left, 0) + 86400000)
  end
  return ids
end

-- A grant counts until the end of its session.
local function count_grant(index, sid, session_end, life)
  redis.call('ZADD', index, session_end, sid)
  if redis.call('PTTL', index) < tonumber(life) then redis.call('PEXPIRE', index, life) end
end
