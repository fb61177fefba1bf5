-- Judges a genuine refresh token and writes the result: protocol::grant::rotate.
-- KEYS  1 the grant
-- ARGV  1 now  2 presented generation  3 presenter: path | path_client | token  4 its client
--       5 network  6 attempt  7 MAC key id  8 leeway, -1 never  9 recovery, -1 never  10 lifetime
--       11 what the end-user's key begins with; the rest is in the grant's row, the hash tag is the same
--       12 the same for the index of the end-user's grants  13 thumbprint of the key that was proven, or nothing
--       14 id of the proof  15 until when it is good  16 how many proofs may be alive
--       17 how many of all grants of the key  18 what the key of the proofs that were used begins with; end-user and
--       thumbprint follow  19 the id of the grant
-- Answers nil (unknown grant), or {verdict, row in the order of the HMGET, email, customer id},
-- or {'unstable'} while the end-user's row is on its way to another node.
-- All reads come before the first write, so that a script stopped by Redis has changed nothing.
local row = redis.call('HMGET', KEYS[1],
  'g', 'r', 'p', 'k', 'n', 't', 'w', 'e', 'x', 'v', 'j', 'o', 'u', 'c', 'h', 's', 'a', 'm', 'l', 'q')
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
if row[11] and row[11] ~= ARGV[13] then return {'not_the_key', row} end

local now, presented = tonumber(ARGV[1]), tonumber(ARGV[2])
local same_attempt = row[6] == ARGV[6]
-- A reuse stored its attempt and its time as revoked; a rotation followed by a revocation stored only its
-- attempt.
if row[10] then
  return {same_attempt and tonumber(row[10]) == now and 'reused' or 'revoked', row}
end
if now >= tonumber(row[8]) then return {'expired', row} end

-- Checked before the generation: a recorded request that is sent again must not look like a reused token.
local proof
if row[11] then
  local used = ARGV[18] .. row[13] .. ':' .. row[11] .. ':refresh'
  proof = judge_proof(used, now, ARGV[19] .. ':', ARGV[14], ARGV[15], ARGV[6], ARGV[16], ARGV[17])
  if proof.refused then return {proof.refused, row} end
end

-- The time since an event, at least 0; a window of -1 contains nothing.
local function within(event, window)
  local age = now - tonumber(event)
  return (age > 0 and age or 0) <= tonumber(window)
end

-- The verdict on the token that was replaced last, and the late repeat to store in the row.
local function repeated()
  local elsewhere = row[7] ~= ARGV[5]
  if within(row[2], ARGV[8]) then return elsewhere and 'repeated_elsewhere' or 'repeated' end
  if row[5] == '1' or not within(row[2], ARGV[9]) then return nil end
  if not elsewhere then return 'recovered' end
  if row[11] or channel == 'confidential' then return 'recovered_elsewhere' end
  local at, network = string.match(row[19] or '', '^(%d+) (.+)$')
  if at and network == ARGV[5] and within(at, math.max(tonumber(ARGV[8]), 0)) then return 'recovered_elsewhere' end
  if at and within(at, ARGV[9]) then return nil end
  return 'recovered_elsewhere', ARGV[1] .. ' ' .. ARGV[5]
end

local behind = generation - presented
local verdict, late_repeat
if behind == 0 then
  verdict = 'rotated'
elseif behind < 0 then
  verdict = 'regressed'
elseif behind == 1 and same_attempt then
  verdict = 'rotated_before'
elseif behind == 1 then
  verdict, late_repeat = repeated()
elseif behind == 2 and within(row[3], ARGV[8]) then
  verdict = 'superseded'
end
if behind <= 0 and presented >= 4294967295 then verdict = 'expired' end

if not verdict then
  row[10], row[6] = ARGV[1], ARGV[6]
  if proof then remember_proof(proof) end
  redis.call('HSET', KEYS[1], 'v', ARGV[1], 't', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], math.max(tonumber(row[9]) - now, 0) + 86400000)
  redis.call('ZREM', index_of(ARGV[12], row[13], client), string.match(KEYS[1], '[^:]+$'))
  return {'reused', row}
end
if verdict == 'superseded' or verdict == 'expired' then
  if proof then remember_proof(proof) end
  return {verdict, row}
end

local holder = redis.call('HMGET', ARGV[11] .. row[13], 'e', 'i')
if not holder[1] then return {'unstable'} end

if proof then remember_proof(proof) end
if late_repeat then
  row[19] = late_repeat
  redis.call('HSET', KEYS[1], 'l', late_repeat)
end
if behind <= 0 then
  row[1], row[3], row[2], row[4] = presented + 1, behind < 0 and ARGV[1] or row[2], ARGV[1], ARGV[7]
  row[5], row[6], row[7] = '0', ARGV[6], ARGV[5]
  local expires = math.min(now + tonumber(ARGV[10]), tonumber(row[9]))
  row[8] = expires
  redis.call('HSET', KEYS[1], 'g', row[1], 'r', row[2], 'p', row[3], 'k', row[4], 'n', '0', 't', row[6],
    'w', row[7], 'e', expires)
  redis.call('PEXPIRE', KEYS[1], math.max(expires - now, 0) + 86400000)
end
return {verdict, row, holder[1], holder[2]}
