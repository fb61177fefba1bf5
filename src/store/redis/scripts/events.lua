-- Functions for the scripts that count events: protocol::budget.

-- EventLog::wait over an array of times, oldest first.
local function wait(log, count, window, now)
  local place = #log - count + 1
  if place < 1 then return nil end
  local frees = (log[place] or now) + window
  if frees > now then return frees - now end
  return nil
end

-- EventLog::wait over a list that is cut to its latest events, so that only one of them decides.
local function wait_of(key, count, window, now)
  local event
  if count == 0 then
    event = now
  else
    -- A fraction after the point distinguishes events of the same millisecond.
    event = tonumber(redis.call('LINDEX', key, -count))
    event = event and math.floor(event)
  end
  if event and event + window > now then return event + window - now end
  return nil
end

-- The longest wait of the logs that have no room for one more; nil when all have room. `first` is the index
-- in `args` of count and window for keys[from]; those of the other keys follow.
local function longest_wait(keys, from, args, first, now)
  local longest
  for place = from, #keys do
    local at = first + 2 * (place - from)
    local this = wait_of(keys[place], tonumber(args[at]), tonumber(args[at + 1]), now)
    if this and (not longest or this > longest) then longest = this end
  end
  return longest
end

-- Counts one event in each of these logs.
local function count_in(keys, from, args, first, now)
  for place = from, #keys do
    local at = first + 2 * (place - from)
    redis.call('RPUSH', keys[place], now)
    redis.call('LTRIM', keys[place], -math.max(tonumber(args[at]), 1), -1)
    redis.call('PEXPIRE', keys[place], tonumber(args[at + 1]) + 60000)
  end
end

-- A failure budget: its events, and when it was last used up.
local function read_budget(key)
  local row = redis.call('HMGET', key, 'f', 'u')
  local log = {}
  for event in string.gmatch(row[1] or '', '%d+') do log[#log + 1] = tonumber(event) end
  return log, tonumber(row[2])
end

-- Valid codes, {reference, digest, sent_at} each, oldest first.
local function read_live(text)
  local live = {}
  for reference, digest, sent_at in string.gmatch(text, '([^,;]+),([^,;]+),(%d+);') do
    live[#live + 1] = {reference, digest, tonumber(sent_at), reference .. ',' .. digest .. ',' .. sent_at .. ';'}
  end
  return live
end

-- Challenge::is_retired; `sent_at` is the time of the last code.
local function is_retired(form, log, used_up_at, count, window, sent_at, now)
  return form == 'digits'
    and (wait(log, count, window, now) ~= nil or (used_up_at ~= nil and sent_at <= used_up_at))
end
