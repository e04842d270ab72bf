package people

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMonthText(t *testing.T) {
	assert.Equal(t, "March 2021", month{2021, time.March}.String())
	assert.Equal(t, "2018", month{year: 2018}.String())
	assert.Equal(t, "", month{}.String())
}

func TestMonthAdd(t *testing.T) {
	for _, c := range []struct {
		from month
		n    int
		want month
	}{
		{month{2021, time.March}, 0, month{2021, time.March}},
		{month{2021, time.March}, 10, month{2022, time.January}},
		{month{2021, time.March}, -3, month{2020, time.December}},
		{month{2021, time.March}, -2, month{2021, time.January}},
		{month{year: 2021}, 1, month{2021, time.February}},
	} {
		assert.Equal(t, c.want, c.from.add(c.n), "%v %+d", c.from, c.n)
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		from, to month
		want     string
	}{
		{month{2018, 0}, month{2021, time.February}, "3 years 2 months"},
		{month{2020, time.January}, month{2020, time.December}, "1 year"},
		{month{2020, time.January}, month{2021, time.January}, "1 year 1 month"},
		{month{2010, time.March}, month{2017, time.December}, "7 years 10 months"},
		{month{2020, time.January}, month{2021, time.December}, "2 years"},
		{month{2020, time.May}, month{2020, time.May}, "less than a year"},
	} {
		assert.Equal(t, c.want, duration(c.from, c.to))
	}
}
