-- Judges a genuine refresh token and writes what follows: protocol::grant::rotate.
-- KEYS  1 the grant
-- ARGV  1 now  2 presented generation  3 presenter: path | path_client | token  4 its client
--       5 network  6 attempt  7 MAC key id  8 leeway, -1 never  9 recovery, -1 never  10 lifetime
--       11 what the end-user's key begins with; the rest is in the grant's row, the hash tag is the same
--       12 thumbprint of the key that was proven, or nothing
-- Answers nil (unknown grant), or {verdict, row in the order of the HMGET, email, customer id},
-- or {'unstable'} while the end-user's row is on its way to another node.
-- All reads come before the first write, so that a script that is stopped has changed nothing.
local row = redis.call('HMGET', KEYS[1],
  'g', 'r', 'p', 'k', 'n', 't', 'w', 'e', 'x', 'v', 'j', 'o', 'u', 'c', 'h', 's', 'a', 'm')
local generation = tonumber(row[1])
if not generation then return false end

local presenter, client, channel = ARGV[3], row[14], row[15]
if presenter == 'token' then
  if channel == 'dom' or ARGV[4] ~= client then return {'other_client', row} end
elseif channel == 'confidential' then
  return {'needs_client_authentication', row}
elseif presenter == 'path_client' and ARGV[4] ~= client then
  return {'other_client', row}
end
if row[11] and row[11] ~= ARGV[12] then return {'not_the_key', row} end

local now, presented = tonumber(ARGV[1]), tonumber(ARGV[2])
local same_attempt = row[6] == ARGV[6]
if row[10] then return {same_attempt and 'reused' or 'revoked', row} end
if now >= tonumber(row[8]) then return {'expired', row} end

-- How long after an event now is, never less than nothing; a window of -1 holds nothing.
local function within(event, window)
  local age = now - tonumber(event)
  return (age > 0 and age or 0) <= tonumber(window)
end

local behind = generation - presented
local verdict
if behind == 0 then
  verdict = 'rotated'
elseif behind < 0 then
  verdict = 'regressed'
elseif behind == 1 and same_attempt then
  verdict = 'rotated_before'
elseif behind == 1 and (within(row[2], ARGV[8]) or (row[5] ~= '1' and within(row[2], ARGV[9]))) then
  verdict = row[7] == ARGV[5] and 'repeated' or 'repeated_elsewhere'
elseif behind == 2 and within(row[3], ARGV[8]) then
  return {'superseded', row}
else
  row[10], row[6] = ARGV[1], ARGV[6]
  redis.call('HSET', KEYS[1], 'v', ARGV[1], 't', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], math.max(tonumber(row[9]) - now, 0) + 86400000)
  return {'reused', row}
end

local advances = behind <= 0
if advances and presented >= 4294967295 then return {'expired', row} end
local holder = redis.call('HMGET', ARGV[11] .. row[13], 'e', 'i')
if not holder[1] then return {'unstable'} end

if advances then
  row[1], row[3], row[2], row[4] = presented + 1, behind < 0 and ARGV[1] or row[2], ARGV[1], ARGV[7]
  row[5], row[6], row[7] = '0', ARGV[6], ARGV[5]
  local expires = math.min(now + tonumber(ARGV[10]), tonumber(row[9]))
  row[8] = expires
  redis.call('HSET', KEYS[1], 'g', row[1], 'r', row[2], 'p', row[3], 'k', row[4], 'n', '0', 't', row[6],
    'w', row[7], 'e', expires)
  redis.call('PEXPIRE', KEYS[1], math.max(expires - now, 0) + 86400000)
end
return {verdict, row, holder[1], holder[2]}
