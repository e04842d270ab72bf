// Package redis keeps in Redis what several processes must agree on: the rate limits of an account ([Limits], for
// pronet.SharedRateLimit) and which deliveries were received ([Marks], for webhook.WithStore). It is for those who run
// more than one process behind one key; one process needs none of it.
//
//	limits, err := redis.NewLimits(client)
//	...
//	pronet.WithCoresignal(key, pronet.SharedRateLimit(limits, "coresignal", 4))
//
// Both work with Redis from version 5, alone, with replicas, or as a cluster: all keys of an account, or of a mark, are in
// one slot. Time is that of the server.
//
// # What a crash of Redis loses
//
// With appendfsync always nothing is lost. With everysec up to a second of writes can be: then calls of that second do not
// count, so that a limit may be exceeded by as many once, and deliveries of that second that are sent again are accepted
// again. Without an append-only file, or after a failover to a replica that lagged, it is as much as the file or the
// replica lacks. Windows of seconds recover by themselves; if quotas of a day matter, use always, or everysec and a limit
// that is a little lower. An eviction policy must not remove keys: use noeviction.
//
// # What it costs
//
// A call is one script of some microseconds and one round trip before it is sent, and another that it does not wait for.
// A place takes some 100 bytes until its window has passed; of a quota of a day, only calls that are being sent do.
package redis
