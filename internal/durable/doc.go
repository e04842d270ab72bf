// Package durable keeps what must survive a crash: a lock on a directory, files that are replaced as a whole ([State]
// for one typed value), and journals of JSON lines ([Journal]). What a function has done is on the disk when it
// returns nil.
package durable
