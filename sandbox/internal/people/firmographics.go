package people

import (
	"fmt"
	"strings"
)

// firmographics is what the richest dataset tells about a company, the same
// wherever the company stands. A company outside the pool has nulls.
func firmographics(c *Company, documented bool) *multiCompany {
	out := &multiCompany{Keywords: []string{}, HQRegions: []string{}, StockTicker: []multiTicker{}}
	if documented {
		out.multiCompanyDocumentedName = &multiCompanyDocumentedName{orNull(c.URL)}
	} else {
		out.multiCompanyLiveName = &multiCompanyLiveName{orNull(c.URL)}
	}
	if c.ID == 0 {
		return out
	}
	d := newDice(0xf1, uint64(c.ID))
	out.Type = orNull(pick(d, []string{"Privately Held", "Public Company", "Partnership", ""}))
	if d.percent(85) {
		out.FoundedYear = orNull(d.between(1890, 2022))
	}
	out.FollowersCount = orNull(c.EmployeesCount*3 + int64(d.below(5000)))
	out.Website, out.SizeRange, out.Industry = orNull(c.Website), orNull(c.Size), orNull(c.Industry)
	out.EmployeesCount = orNull(c.EmployeesCount)
	out.FacebookURL = oneOrMany(d, "https://www.facebook.com/"+c.Shorthand)
	out.TwitterURL = oneOrMany(d, "https://www.x.com/"+strings.ReplaceAll(c.Shorthand, "-", ""))
	for part := range strings.SplitSeq(c.Industry, ", ") {
		out.Keywords = append(out.Keywords, strings.ToLower(part))
	}
	out.EmployeesChangeYearly = orNull(float64(d.between(-3000, 6000)) / 90)
	out.LastUpdatedAt = orNull(drawDate(d, 2025))
	out.IsB2B = new(flagOf(d.percent(60)))
	out.drawMoney(d, c)
	out.drawHeadquarters(d)
	return out
}

// oneOrMany draws an address as a string, as a list or as null: live answers have
// all three.
func oneOrMany(d *dice, url string) any {
	switch roll := d.below(10); {
	case roll < 4:
		return url
	case roll < 7:
		return []string{url}
	case roll < 8:
		return []string{url, url + "-global"}
	default:
		return nil
	}
}

func (out *multiCompany) drawMoney(d *dice, c *Company) {
	if d.percent(50) {
		out.RevenueSource5 = orNull(c.EmployeesCount * int64(d.between(60_000, 240_000)))
		out.RevenueCurrencySource5 = orNull("$")
	}
	if d.percent(30) {
		out.RevenueSource1 = orNull(float64(c.EmployeesCount) * float64(d.between(6_000_001, 24_000_001)) / 100)
		out.RevenueCurrencySource1 = orNull("USD")
	}
	if d.percent(30) {
		out.LastFundingDate = orNull(drawDate(d, 2023))
		out.LastFundingAmount = orNull(int64(d.between(1, 90)) * 500_000)
	}
	if out.Type != nil && *out.Type == "Public Company" {
		letters := strings.ToUpper(strings.ReplaceAll(c.Shorthand, "-", ""))
		out.StockTicker = []multiTicker{{pick(d, []string{"NYSE", "NASDAQ", "LSE"}), letters[:min(4, len(letters))]}}
	}
}

func (out *multiCompany) drawHeadquarters(d *dice) {
	home := &countries[d.below(len(countries))]
	at := drawAddress(d, home, pick(d, home.cities))
	out.HQFullAddress = orNull(at.full)
	out.HQCountry, out.HQISO2, out.HQISO3 = orNull(home.name), orNull(home.iso2), orNull(home.iso3)
	out.HQRegions = home.marketRegions()
	out.HQCity, out.HQState = orNull(at.city.name), orNull(at.city.state)
	out.HQStreet, out.HQZipcode = orNull(at.street), orNull(at.zipcode)
}

// address is where a company or a school is.
type address struct {
	city                  city
	street, zipcode, full string
}

func drawAddress(d *dice, home *country, in city) address {
	a := address{
		city:    in,
		street:  fmt.Sprintf("%d %s", d.between(1, 240), pick(d, []string{"Station Road", "Market Street", "Harbour Lane", "High Street"})),
		zipcode: fmt.Sprintf("%05d", d.between(1000, 99_999)),
	}
	a.full = fmt.Sprintf("%s, %s, %s %s, %s", a.street, in.name, in.state, a.zipcode, home.name)
	return a
}

// drawDate draws a day of a year or the one before.
func drawDate(d *dice, year int) string {
	return fmt.Sprintf("%d-%02d-%02d", d.between(year-1, year), d.between(1, 12), d.between(1, 28))
}

// marketRegions are the regions of a country with the sales region that follows
// from them.
func (c *country) marketRegions() []string {
	market := "EMEA"
	switch {
	case c.regions[0] == "Americas":
		market = "AMER"
	case c.regions[0] == "Oceania", c.regions[0] == "Asia" && c.regions[1] != "Western Asia":
		market = "APAC"
	}
	return []string{c.regions[0], c.regions[1], market}
}
