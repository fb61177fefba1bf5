-- Takes back what admit_stranger.lua counted for one request: protocol::strangers.
-- KEYS  1 the ledger of all networks  2 log of the address  3 log of the network
-- ARGV  1 the time of the request  2 how the event stands in the logs  3 its weight in bytes, '' to leave the ledger
--       alone  4 the length of one part of the ledger's window
-- All reads come before the first write, so that a script stopped by Redis has changed nothing.
local weight, ledger = tonumber(ARGV[3]), redis.call('GET', KEYS[1])
local of_address = redis.call('LREM', KEYS[2], -1, ARGV[2])
local of_network = redis.call('LREM', KEYS[3], -1, ARGV[2])
if of_address == 0 or of_network == 0 or not weight or not ledger then return false end

-- Ledger::take_back
local counted_in, left = math.floor(tonumber(ARGV[1]) / tonumber(ARGV[4])), {}
for number, count, weighed in string.gmatch(ledger, '(%d+),(%d+),(%d+);') do
  number, count, weighed = tonumber(number), tonumber(count), tonumber(weighed)
  if number == counted_in then count, weighed = count - 1, math.max(weighed - weight, 0) end
  if count > 0 then left[#left + 1] = string.format('%.0f,%.0f,%.0f;', number, count, weighed) end
end
if #left == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], table.concat(left), 'KEEPTTL')
end
return false
