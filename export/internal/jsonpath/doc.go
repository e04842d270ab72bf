// Package jsonpath finds values in the JSON of a record by paths such as experience[0].title, those of several paths in
// one pass over the text.
//
// Paths are written as the record types write them, with [*] for all elements of an array. Everything here works on
// bytes. Of a name that an object has twice the last counts, as in the decoding of records.
package jsonpath
