-- Says that the call ARGV[1] was sent ARGV[2] times so far: 0 gives its place back. KEYS are the windows, ARGV from 3 on
-- the microseconds of each; 0 is a UTC day.
local day = 86400000000
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local today = math.floor(now / day)
local id, sends = ARGV[1], tonumber(ARGV[2])
local text = function(n) return string.format('%.0f', n) end
for i = 1, #KEYS do
	local key, length = KEYS[i], tonumber(ARGV[i + 2])
	if length == 0 then
		if redis.call('HGET', key, 'day') ~= text(today) and sends > 0 then
			redis.call('DEL', key)
			redis.call('HSET', key, 'day', text(today))
			redis.call('PEXPIRE', key, text(2 * day / 1000))
		end
		local had = redis.call('HDEL', key, 'call:' .. id)
		if sends ~= had and redis.call('HGET', key, 'day') == text(today) then
			redis.call('HINCRBY', key, 'count', sends - had)
		end
	elseif sends == 0 then
		redis.call('ZREM', key, id)
	else
		redis.call('ZADD', key, text(now), id)
		for further = 2, sends do
			redis.call('ZADD', key, text(now), id .. '/' .. further)
		end
		redis.call('PEXPIRE', key, text(math.max(redis.call('PTTL', key), math.ceil(length / 1000) + 1)))
	end
end
return 'OK'
