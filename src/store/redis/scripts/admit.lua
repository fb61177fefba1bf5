-- Judges an access token against its grant (present_access.lua), and counts the request in the windows of its
-- end-user's limits: protocol::window::pass.
-- KEYS  1 the grant  2 the windows of its end-user
-- ARGV  1 now  2 generation  3 what the end-user's key begins with; the rest is in the grant's row, the hash tag is
--       the same  4 count and window of each limit, one after the other
-- Answers {liveness}, {'limited', wait, standings} or {'alive', standings, user id, the end-user's row}; standings
-- are what is left and how long until the window ends, one after the other. Or {'unstable'}, see present_access.lua.
local row = redis.call('HMGET', KEYS[1], 'x', 'v', 'g', 'n', 'u')
if not row[1] then return {'gone'} end
if row[2] then return {'revoked'} end
local now = tonumber(ARGV[1])
if now >= tonumber(row[1]) then return {'gone'} end
local user = redis.call('HMGET', ARGV[3] .. row[5], 'o', 'e', 'c', 'd', 'f', 'k', 't')
if not user[1] then return {'unstable'} end

local windows, longest_window, longest_wait = {}, 0, nil
for place = 4, #ARGV, 2 do
  local number = (place - 2) / 2
  local known = redis.call('HMGET', KEYS[2], 'b' .. number, 'c' .. number)
  local limit = {number, tonumber(ARGV[place]), tonumber(ARGV[place + 1]), tonumber(known[1]), tonumber(known[2])}
  if not limit[4] or limit[4] + limit[3] <= now then limit[4], limit[5] = now, 0 end
  local wait = limit[4] + limit[3] - now
  if limit[5] >= limit[2] and (not longest_wait or wait > longest_wait) then longest_wait = wait end
  if limit[3] > longest_window then longest_window = limit[3] end
  windows[#windows + 1] = limit
end

local standings = {}
for _, limit in ipairs(windows) do
  local count = limit[5] + (longest_wait and 0 or 1)
  standings[#standings + 1] = math.max(limit[2] - count, 0)
  standings[#standings + 1] = limit[4] + limit[3] - now
end
if longest_wait then return {'limited', longest_wait, standings} end

if row[4] ~= '1' and row[3] == ARGV[2] then redis.call('HSET', KEYS[1], 'n', '1') end
for _, limit in ipairs(windows) do
  redis.call('HSET', KEYS[2], 'b' .. limit[1], limit[4], 'c' .. limit[1], limit[5] + 1)
end
if #windows > 0 then redis.call('PEXPIRE', KEYS[2], longest_window + 60000) end
return {'alive', standings, row[5], user}
