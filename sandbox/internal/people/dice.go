package people

import "math/bits"

// dice draws numbers that depend on its seeds only, on every platform and Go
// version (SplitMix64). It is not safe for concurrent use.
type dice struct{ state uint64 }

// newDice returns dice for one purpose: the seeds together name it.
func newDice(seeds ...uint64) *dice {
	var d dice
	for _, s := range seeds {
		d.state = scramble(d.state ^ scramble(s+0x9e3779b97f4a7c15))
	}
	return &d
}

func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return scramble(d.state)
}

// below draws from 0 to n-1; n below 1 gives 0.
func (d *dice) below(n int) int {
	if n < 1 {
		return 0
	}
	high, _ := bits.Mul64(d.next(), uint64(n))
	return int(high)
}

// between draws from low to high, both included.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// percent is true in p of 100 draws.
func (d *dice) percent(p int) bool { return d.below(100) < p }

// pick draws one element of a list that is not empty.
func pick[T any](d *dice, from []T) T { return from[d.below(len(from))] }

// pickSome draws n different elements, fewer when the list is shorter.
func pickSome[T any](d *dice, from []T, n int) []T {
	left := append([]T(nil), from...)
	n = min(n, len(left))
	for i := range n {
		j := d.between(i, len(left)-1)
		left[i], left[j] = left[j], left[i]
	}
	return left[:n:n]
}
