-- The proofs of a key that were used (protocol::dpop::UsedProofs), by their id: the attempt that used one, and the last
-- moment at which it could be used again.

-- Judges a proof that an attempt uses now. Answers {refused = why} or what remember_proof needs. Writes nothing.
local function judge_proof(key, now, id, good_until, attempt, most)
  local known, live, over, last = redis.call('HGETALL', key), 0, {}, tonumber(good_until)
  local proof = {key = key, id = id, value = attempt .. ' ' .. good_until}
  for i = 1, #known, 2 do
    local by, ends = string.match(known[i + 1], '^(%S+) (%d+)$')
    ends = tonumber(ends)
    if ends < now then
      over[#over + 1] = known[i]
    elseif known[i] == id then
      if by ~= attempt then return {refused = 'proof_replayed'} end
      proof.known = true
    else
      live, last = live + 1, math.max(last, ends)
    end
  end
  if not proof.known and live >= tonumber(most) then return {refused = 'too_many_proofs'} end
  proof.over, proof.left = over, last - now
  return proof
end

local function remember_proof(proof)
  if proof.known then return end
  if #proof.over > 0 then redis.call('HDEL', proof.key, unpack(proof.over)) end
  redis.call('HSET', proof.key, proof.id, proof.value)
  redis.call('PEXPIRE', proof.key, proof.left + 60000)
end
