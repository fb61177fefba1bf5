-- Counts a stranger's request if the limits of its address, its network and all networks together have room
-- for one more: protocol::strangers.
-- KEYS  1 the ledger of all networks  2 log of the address  3 log of the network
-- ARGV  1 now  2 how the event stands in the logs  3 its weight in bytes, '' to leave the ledger alone
--       4 the length of one part of the ledger's window  5 the window  6, 7 ceiling: admissions, bytes
--       8, 9 limit of the address: count, window  10, 11 of the network
-- Answers nil when it was counted, else {'full' | 'limited', wait}.
local now, weight, length = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local parts, current, live = 12, math.floor(now / length), {}
if weight then
  -- Ledger::wait
  local admissions, bytes = 0, 0
  for number, count, weighed in string.gmatch(redis.call('GET', KEYS[1]) or '', '(%d+),(%d+),(%d+);') do
    local part = {tonumber(number), tonumber(count), tonumber(weighed)}
    if part[1] + parts >= current then
      live[#live + 1] = part
      admissions, bytes = admissions + part[2], bytes + part[3]
    end
  end
  local function fits() return admissions < tonumber(ARGV[6]) and bytes + weight <= tonumber(ARGV[7]) end
  if not fits() then
    for _, part in ipairs(live) do
      admissions, bytes = admissions - part[2], bytes - part[3]
      if fits() then return {'full', (part[1] + parts + 1) * length - now} end
    end
    return {'full', tonumber(ARGV[5])}
  end
end

local longest = longest_wait(KEYS, 2, ARGV, 8, now)
if longest then return {'limited', longest} end
count_in(KEYS, 2, ARGV, 8, ARGV[2])

if weight then
  -- Ledger::add: the parts are in order; a part later than the current one comes from a clock that is ahead.
  local place = #live + 1
  while place > 1 and live[place - 1][1] >= current do place = place - 1 end
  if live[place] and live[place][1] == current then
    live[place][2], live[place][3] = live[place][2] + 1, live[place][3] + weight
  else
    table.insert(live, place, {current, 1, weight})
  end
  for at, part in ipairs(live) do live[at] = string.format('%.0f,%.0f,%.0f;', part[1], part[2], part[3]) end
  redis.call('SET', KEYS[1], table.concat(live), 'PX', string.format('%.0f', tonumber(ARGV[5]) + length))
end
return false
