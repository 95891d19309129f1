-- One step of the generic cell rate algorithm, as in `cache/gcra.rs`, by the server's clock.
-- KEYS[1]: the key. ARGV: microseconds a unit, burst, cost, 1 to take the units or 0 to look.
-- Answers: allowed (0 or 1), units left, microseconds to wait (-1: allowed, or never possible).
-- Doubles hold whole microseconds exactly until the year 2255.
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local tolerance = interval * burst
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
local base = math.min(math.max(tat, now), now + tolerance)
local next = base + interval * cost
local allowed, wait = 0, -1
if next - now <= tolerance then
  allowed = 1
  if ARGV[4] == '1' then
    base = next
    if next > now then
      local life = string.format('%.0f', math.ceil((next - now) / 1000))
      redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', life)
    end
  end
elseif cost <= burst then
  wait = next - now - tolerance
end
return { allowed, math.floor((tolerance - (base - now)) / interval), wait }
