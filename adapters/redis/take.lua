-- Takes a place in every window, or in none, for the call ARGV[1], which may be sent until ARGV[2] microseconds from now.
-- KEYS are two pauses and the windows, ARGV from 3 on the number of places and the microseconds of each; 0 is a UTC day.
-- A window is a sorted set of calls with the time from which each counts: that of the end of the lease, until it is
-- known. A day is a hash of its number, the count, and the calls that are being sent.
-- Returns how long to wait, 0 if the places were taken, how long for a pause, and of each window how many places are used
-- and how long it has none.
local day = 86400000000
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local today = math.floor(now / day)
local id, lease = ARGV[1], tonumber(ARGV[2])
local text = function(n) return string.format('%.0f', n) end
local paused, used, waits, fresh = 0, {}, {}, {}
for i = 1, 2 do
	paused = math.max(paused, redis.call('PTTL', KEYS[i]) * 1000)
end
local wait = paused
for i = 3, #KEYS do
	local key, n, length = KEYS[i], tonumber(ARGV[2 * i - 3]), tonumber(ARGV[2 * i - 2])
	local count, has, full = 0, false, 0
	if length == 0 then
		if redis.call('HGET', key, 'day') == text(today) then
			count = tonumber(redis.call('HGET', key, 'count') or '0')
			has = redis.call('HEXISTS', key, 'call:' .. id) == 1
		end
		if count >= n and not has then
			full = (today + 1) * day - now
		end
	else
		redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now - length))
		count, has = redis.call('ZCARD', key), redis.call('ZSCORE', key, id)
		if count >= n and not has then
			local next = tonumber(redis.call('ZRANGE', key, count - n, count - n, 'WITHSCORES')[2])
			if next > now then -- it is being sent, and will soon be known to count from then, or be given back
				full = 10000
			else
				full = next + length - now
			end
		end
	end
	wait = math.max(wait, full)
	used[i - 2], waits[i - 2], fresh[i - 2] = count, full, not has
end
if wait <= 0 then
	for i = 3, #KEYS do
		local key, length = KEYS[i], tonumber(ARGV[2 * i - 2])
		if length == 0 then
			if redis.call('HGET', key, 'day') ~= text(today) then
				redis.call('DEL', key)
				redis.call('HSET', key, 'day', text(today))
			end
			if redis.call('HSET', key, 'call:' .. id, '1') == 1 then
				redis.call('HINCRBY', key, 'count', 1)
			end
			redis.call('PEXPIRE', key, text(2 * day / 1000))
		else
			redis.call('ZADD', key, text(now + lease), id)
			redis.call('PEXPIRE', key, text(math.max(redis.call('PTTL', key), math.ceil((lease + length) / 1000) + 1)))
		end
	end
end
local reply = {text(wait), text(paused)}
for i = 1, #used do
	reply[2 * i + 1] = text(used[i] + ((wait <= 0 and fresh[i]) and 1 or 0))
	reply[2 * i + 2] = text(waits[i])
end
return reply
