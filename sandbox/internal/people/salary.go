package people

import "math"

// salaryOf is what a title probably earns in a year, nulls without one or when
// nothing is projected.
func (p *Person) salaryOf(title string, percent int) *multiSalary {
	out := &multiSalary{Additional: []multiAdditionalSalary{}}
	if title == "" || percent == 0 {
		return out
	}
	_, rank := seniority(title)
	d := newDice(p.detailSeed, 's')
	usual := float64(38_000+rank*21_000) * float64(percent) / 100
	spread := func(median float64) (p25, mid, p75 *float64) {
		return cents(median * 0.86), cents(median), cents(median * 1.19)
	}
	currency, period, updated := orNull("USD"), orNull("ANNUAL"), drawDate(d, 2025)
	out.BaseP25, out.BaseMedian, out.BaseP75 = spread(usual)
	out.BasePeriod, out.BaseCurrency, out.BaseUpdated = period, currency, orNull(updated)
	total := usual
	for _, kind := range pickSome(d, []string{"Cash Bonus", "Stock Bonus", "Profit Sharing"}, d.below(3)) {
		p25, median, p75 := spread(usual * float64(d.between(4, 12)) / 100)
		out.Additional = append(out.Additional, multiAdditionalSalary{kind, *p25, *median, *p75})
		total += *median
	}
	if len(out.Additional) > 0 {
		out.AdditionalPeriod, out.AdditionalCurrency, out.AdditionalUpdated = period, currency, orNull(updated)
	}
	out.TotalP25, out.TotalMedian, out.TotalP75 = spread(total)
	out.TotalPeriod, out.TotalCurrency, out.TotalUpdated = period, currency, orNull(updated)
	return out
}

// cents rounds an amount to two digits.
func cents(amount float64) *float64 { return orNull(math.Round(amount*100) / 100) }
