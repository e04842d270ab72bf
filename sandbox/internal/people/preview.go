package people

// Preview is the short row that a search preview shows of the person, a value
// that encodes to a JSON object. It is nil for a dataset without previews. The
// names are the same under live and documented spellings.
func (p *Person) Preview(ds Dataset, score float64) any {
	f := p.current.Load()
	drawn := p.drawDetails(f)
	at := f.openPosition()
	company := &Company{}
	if at != nil {
		company = at.company
	}
	name, url := orNull(company.Name), orNull(company.URL)
	website, industry := orNull(company.Website), orNull(company.Industry)
	switch ds {
	case Base, BaseDocumented:
		return basePreview{
			ID: p.ID, FullName: f.name(), ProfileURL: p.ProfileURL(), Headline: orNull(f.headline), Industry: orNull(p.industry),
			Location: f.location(), Country: f.home.name, ConnectionsCount: drawn.connections, FollowerCount: drawn.followers,
			ExperienceCount: len(f.positions), CompanyName: name, CompanyURL: url, CompanyWebsite: website, CompanyIndustry: industry,
			Score: score,
		}
	case Clean:
		return cleanPreview{
			ID: p.ID, FullName: f.name(), Headline: orNull(f.headline), LocationCountry: f.home.name,
			CompanyName: name, CompanyWebsite: orNull(withoutScheme(company.Website)), CompanyIndustry: industry, Score: score,
		}
	case MultiSource, MultiSourceDocumented:
		row := multiPreview{
			ID: p.ID, FullName: f.name(), URL: p.ProfileURL(), Headline: orNull(f.headline),
			LocationFull: f.location(), LocationCountry: f.home.name, ConnectionsCount: drawn.connections, FollowersCount: drawn.followers,
			CompanyName: name, CompanyURL: url, CompanyWebsite: website, CompanyIndustry: industry, Score: score,
		}
		if at != nil {
			level, _ := seniority(at.title)
			row.ActiveTitle, row.ActiveDepartment, row.ActiveLevel = orNull(at.title), orNull(p.career.departmentOf(at.title)), orNull(level)
			firm := firmographics(company, false)
			row.HQFullAddress, row.HQCountry = firm.HQFullAddress, firm.HQCountry
		}
		return row
	default:
		return nil
	}
}
