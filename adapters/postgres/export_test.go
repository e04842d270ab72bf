package postgres

import "time"

// Asking are options of leases that are asked for and renewed so often.
func (o Options) Asking(every time.Duration) Options {
	o.ask = every
	return o
}
