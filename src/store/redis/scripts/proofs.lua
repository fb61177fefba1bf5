-- The used proofs of a key (protocol::dpop::UsedProofs): for each the attempt that used it, and until when it
-- could be used again. A field is the proof's id, preceded by the refreshed grant and a colon if there is
-- one.

-- Judges a proof that an attempt uses now. The owner is a grant and a colon, or '' for a sign-in; the number
-- of live proofs is limited for the owner and in all. Answers {refused = why} or the input of remember_proof.
-- Writes nothing.
local function judge_proof(key, now, owner, id, good_until, attempt, most, most_in_all)
  local known, live, of_owner, over, last = redis.call('HGETALL', key), 0, 0, {}, tonumber(good_until)
  local proof = {key = key, field = owner .. id, value = attempt .. ' ' .. good_until}
  for i = 1, #known, 2 do
    local by, ends = string.match(known[i + 1], '^(%S+) (%d+)$')
    local its_owner, its_id = string.match(known[i], '^(.-)([^:]+)$')
    ends = tonumber(ends)
    if ends < now then
      over[#over + 1] = known[i]
    elseif its_id == id then
      if by ~= attempt or its_owner ~= owner then return {refused = 'proof_replayed'} end
      proof.known = true
    else
      live, last = live + 1, math.max(last, ends)
      if its_owner == owner then of_owner = of_owner + 1 end
    end
  end
  if not proof.known and (of_owner >= tonumber(most) or live >= tonumber(most_in_all)) then
    return {refused = 'too_many_proofs'}
  end
  proof.over, proof.left = over, last - now
  return proof
end

local function remember_proof(proof)
  if proof.known then return end
  if #proof.over > 0 then redis.call('HDEL', proof.key, unpack(proof.over)) end
  redis.call('HSET', proof.key, proof.field, proof.value)
  redis.call('PEXPIRE', proof.key, proof.left + 60000)
end
