package record

import (
	"strconv"
	"strings"
)

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// Member is the path of a member of the object at path; the path of the whole text is empty. A name that could be
// mistaken for something else stands quoted in brackets.
func Member(path, name string) string {
	switch {
	case name == "" || strings.Trim(name, plain) != "":
		return path + "[" + strconv.Quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

// Element is the path of an element of the array at path, counted from 0.
func Element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
