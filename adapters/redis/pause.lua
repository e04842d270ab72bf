-- Lets no call of the class KEYS[1] go for ARGV[1] milliseconds. A pause that ends later stays.
if tonumber(ARGV[1]) > redis.call('PTTL', KEYS[1]) and tonumber(ARGV[1]) > 0 then
	redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 'OK'
