// Package record decodes provider records without losing anything: a field whose JSON type has drifted costs that field
// alone, and a record is written again by laying what a program changed over the JSON it came from.
//
// A record type is a plain struct with json tags, of strings, numbers, booleans, types that decode themselves from one
// JSON value, structs, and slices of these. It must not contain itself, and has no decoding method of its own: that
// would cost several times the decoding. Everything here works on a type and on bytes and holds no state.
package record
