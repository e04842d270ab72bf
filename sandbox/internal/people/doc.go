// Package people makes the invented employees that the sandbox serves.
//
// [Generate] draws people from a seed: the same seed, start time and position
// give the same person byte for byte, however many people are asked for. A
// person keeps only what tells it apart; its records are built when they are
// first read, one wire format per [Dataset], and kept until the person changes.
//
// Nobody here is real. Names are common first and family names put together by
// chance, companies are invented and their websites end in ".example".
package people
